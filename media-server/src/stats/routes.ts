/** REST: figures of a room's media. */
import { Router } from 'express';
import { roomRoute } from '../http/room-route.ts';
import type { Rooms } from '../rooms/rooms.ts';

export function statsRoutes(rooms: Rooms): Router {
  const router = Router();
  const stats = '/rooms/:roomId/stats';
  router.get(
    stats,
    roomRoute(rooms, stats, async ({ room, response }) => response.json(await room.stats())),
  );
  return router;
}
