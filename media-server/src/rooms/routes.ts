/** REST: rooms and those in them. */
import { bodyOf, route } from '@crossfade/service/http';
import { parseOrThrow } from '@crossfade/shared/errors';
import {
  createRoomRequestSchema,
  listRoomsQuerySchema,
  type CreateRoomAnswer,
  type ListRoomsAnswer,
} from '@crossfade/shared/media-api';
import { Router } from 'express';
import { subjectOf } from '../auth/service-auth.ts';
import { callerOf, mustActFor } from '../http/caller.ts';
import { roomIdOf, roomRoute } from '../http/room-route.ts';
import { participantsOf } from '../quotas/limits.ts';
import type { Quotas } from '../quotas/quotas.ts';
import { pageOf } from './page.ts';
import type { Rooms } from './rooms.ts';

export interface RoomRouteDeps {
  rooms: Rooms;
  bootId: string;
  quotas: Quotas;
}

export function roomRoutes({ rooms, bootId, quotas }: RoomRouteDeps): Router {
  const router = Router();

  const create = '/rooms/:roomId/create';
  router.post(
    create,
    route(create, async (request, response) => {
      const id = roomIdOf(request);
      const callerEpoch = callerOf(request.headers).epoch;
      rooms.get(id)?.checkEpoch(callerEpoch);
      const body = bodyOf(createRoomRequestSchema, request);
      const maxParticipants = participantsOf(body.maxParticipants, quotas.limits);
      const make = () => rooms.getOrCreate({ id, callerEpoch, ...body, maxParticipants });
      const { room, created } = await (rooms.get(id)
        ? make()
        : quotas.withinRooms(subjectOf(response), rooms.count, make));
      const answer: CreateRoomAnswer = {
        roomId: room.id,
        epoch: room.epoch,
        bootId,
        rtpCapabilities: room.rtpCapabilities,
      };
      response.status(created ? 201 : 200).json(answer);
    }),
  );

  const list = '/rooms';
  router.get(
    list,
    route(list, (request, response) => {
      const page = pageOf(rooms.all, parseOrThrow(listRoomsQuerySchema, request.query));
      const answer: ListRoomsAnswer = {
        rooms: page.items.map(({ id, epoch, participantCount, size, createdAt }) => ({
          roomId: id,
          epoch,
          participants: participantCount,
          producers: size.producers,
          consumers: size.consumers,
          createdAt: createdAt.toISOString(),
        })),
        nextCursor: page.nextCursor,
      };
      response.json(answer);
    }),
  );

  const one = '/rooms/:roomId';
  router.get(
    one,
    roomRoute(rooms, one, ({ room, response }) => response.json(room.snapshot)),
  );
  router.delete(
    one,
    roomRoute(rooms, one, ({ room, response }) => {
      room.close('deleted');
      response.status(204).end();
    }),
  );

  const leave = '/rooms/:roomId/participants/:id/leave';
  router.post(
    leave,
    roomRoute(rooms, leave, ({ room, caller, id, response }) => {
      mustActFor(id, caller);
      room.leave(id);
      response.status(204).end();
    }),
  );

  return router;
}
