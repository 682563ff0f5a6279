/** REST: producers. They are made on a transport; see transports/routes. */
import { Router } from 'express';
import { roomRoute } from '../http/room-route.ts';
import type { Rooms } from '../rooms/rooms.ts';

export function producerRoutes(rooms: Rooms): Router {
  const router = Router();

  for (const action of ['pause', 'resume'] as const) {
    const template = `/rooms/:roomId/producers/:id/${action}`;
    router.post(
      template,
      roomRoute(rooms, template, async ({ room, caller, id, response }) => {
        await room.producer(id, caller.participantId)[action]();
        response.json({});
      }),
    );
  }

  const one = '/rooms/:roomId/producers/:id';
  router.delete(
    one,
    roomRoute(rooms, one, ({ room, caller, id, response }) => {
      room.producer(id, caller.participantId).close();
      response.status(204).end();
    }),
  );

  return router;
}
