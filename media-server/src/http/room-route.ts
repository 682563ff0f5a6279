/** What every route below `/api/rooms/:roomId` does first: find the room, check the epoch, learn who asks. */
import { route } from '@crossfade/service/http';
import { parseOrThrow } from '@crossfade/shared/errors';
import { roomIdSchema } from '@crossfade/shared/ids';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import type { Room } from '../rooms/room.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { callerOf, type Caller } from './caller.ts';

const roomParamsSchema = z.object({ roomId: roomIdSchema });

export interface RoomRequestContext {
  room: Room;
  caller: Caller;
  request: Request;
  response: Response;
  /** The `:id` of the route, if it has one. */
  id: string;
}

/** @throws CodedError `validation-failed` */
export function roomIdOf(request: Request): string {
  return parseOrThrow(roomParamsSchema, request.params).roomId;
}

/** A handler for a room that exists, asked under an epoch that is not older than the room's. */
export function roomRoute(
  rooms: Rooms,
  template: string,
  handle: (context: RoomRequestContext) => unknown,
): RequestHandler {
  return route(template, (request, response) => {
    const room = rooms.find(roomIdOf(request));
    const caller = callerOf(request.headers);
    room.checkEpoch(caller.epoch);
    if (caller.fence !== undefined) room.raiseFence(caller.fence);
    return handle({ room, caller, request, response, id: String(request.params['id']) });
  });
}
