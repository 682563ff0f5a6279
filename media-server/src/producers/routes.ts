/** REST: producers. They are made on a transport; see transports/routes. */
import { Router } from 'express';
import type { Caller } from '../http/caller.ts';
import { roomRoute } from '../http/room-route.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { PausedBy } from './producer.ts';

export function producerRoutes(rooms: Rooms): Router {
  const router = Router();

  const pause = '/rooms/:roomId/producers/:id/pause';
  router.post(
    pause,
    roomRoute(rooms, pause, async ({ room, caller, id, response }) => {
      await room.producer(id, caller.participantId).pause(askedBy(caller));
      response.json({});
    }),
  );

  const resume = '/rooms/:roomId/producers/:id/resume';
  router.post(
    resume,
    roomRoute(rooms, resume, async ({ room, caller, id, response }) => {
      await room.producer(id, caller.participantId).resume(askedBy(caller));
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

function askedBy(caller: Caller): PausedBy {
  return caller.participantId === undefined ? 'server' : 'owner';
}
