/** REST: producers. They are made on a transport; see transports/routes. */
import { Router } from 'express';
import { roomRoute } from '../http/room-route.ts';
import type { Rooms } from '../rooms/rooms.ts';

export function producerRoutes(rooms: Rooms): Router {
  const router = Router();

  const pause = '/rooms/:roomId/producers/:id/pause';
  router.post(
    pause,
    roomRoute(rooms, pause, async ({ room, caller, id, response }) => {
      await room.producer(id, caller.participantId).pause();
      response.json({});
    }),
  );

  const resume = '/rooms/:roomId/producers/:id/resume';
  router.post(
    resume,
    roomRoute(rooms, resume, async ({ room, caller, id, response }) => {
      await room.producer(id, caller.participantId).resume();
      response.json({});
    }),
  );

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
