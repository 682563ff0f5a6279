/** REST: transports. */
import { bodyOf } from '@crossfade/service/http';
import {
  connectTransportRequestSchema,
  createTransportRequestSchema,
  produceRequestSchema,
  type ProduceAnswer,
  type RestartIceAnswer,
} from '@crossfade/shared/media-api';
import { Router } from 'express';
import { mustActFor, mustBeGranted } from '../http/caller.ts';
import { roomRoute } from '../http/room-route.ts';
import { checkProduceRequest } from '../producers/options.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { Rooms } from '../rooms/rooms.ts';

export function transportRoutes({ rooms, quotas }: { rooms: Rooms; quotas: Quotas }): Router {
  const router = Router();

  const all = '/rooms/:roomId/transports';
  router.post(
    all,
    roomRoute(rooms, all, async ({ room, caller, request, response }) => {
      const body = bodyOf(createTransportRequestSchema, request);
      mustActFor(body.participantId, caller);
      const owner = { room, participantId: body.participantId };
      const transport = await quotas.within('transports', owner, () => room.createTransport(body));
      response.status(201).json(transport.answer);
    }),
  );

  const one = '/rooms/:roomId/transports/:id';
  router.delete(
    one,
    roomRoute(rooms, one, ({ room, caller, id, response }) => {
      room.transport(id, caller.participantId).close();
      response.status(204).end();
    }),
  );

  const connect = `${one}/connect`;
  router.post(
    connect,
    roomRoute(rooms, connect, async ({ room, caller, id, request, response }) => {
      const transport = room.transport(id, caller.participantId);
      const { dtlsParameters } = bodyOf(connectTransportRequestSchema, request);
      await transport.connect(dtlsParameters);
      response.json({ connected: true });
    }),
  );

  const restartIce = `${one}/restart-ice`;
  router.post(
    restartIce,
    roomRoute(rooms, restartIce, async ({ room, caller, id, response }) => {
      const answer: RestartIceAnswer = {
        iceParameters: await room.transport(id, caller.participantId).restartIce(),
      };
      response.json(answer);
    }),
  );

  const produce = `${one}/produce`;
  router.post(
    produce,
    roomRoute(rooms, produce, async ({ room, caller, id, request, response }) => {
      mustBeGranted('publish', caller);
      const transport = room.transport(id, caller.participantId);
      const body = bodyOf(produceRequestSchema, request);
      checkProduceRequest(body);
      const owner = { room, participantId: transport.participantId };
      const producer = await quotas.within('producers', owner, () => transport.produce(body));
      const answer: ProduceAnswer = { id: producer.id };
      response.status(201).json(answer);
    }),
  );

  return router;
}
