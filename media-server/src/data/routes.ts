/** REST: data channels. */
import { bodyOf } from '@crossfade/service/http';
import { consumeDataRequestSchema, produceDataRequestSchema } from '@crossfade/shared/media-api';
import { Router } from 'express';
import { mustBeGranted } from '../http/caller.ts';
import { roomRoute } from '../http/room-route.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { Rooms } from '../rooms/rooms.ts';

export function dataRoutes({ rooms, quotas }: { rooms: Rooms; quotas: Quotas }): Router {
  const router = Router();

  const produce = '/rooms/:roomId/transports/:id/produce-data';
  router.post(
    produce,
    roomRoute(rooms, produce, async ({ room, caller, id, request, response }) => {
      mustBeGranted('publish', caller);
      const transport = room.transport(id, caller.participantId);
      const body = bodyOf(produceDataRequestSchema, request);
      const owner = { room, participantId: transport.participantId };
      const producer = await quotas.within('dataProducers', owner, () => transport.produceData(body));
      response.status(201).json({ id: producer.id });
    }),
  );

  const consume = '/rooms/:roomId/consume-data';
  router.post(
    consume,
    roomRoute(rooms, consume, async ({ room, caller, request, response }) => {
      mustBeGranted('subscribe', caller);
      const { transportId, dataProducerId } = bodyOf(consumeDataRequestSchema, request);
      const transport = room.transport(transportId, caller.participantId);
      const owner = { room, participantId: transport.participantId };
      const make = () => room.consumeData(transport, dataProducerId);
      response.status(201).json(await quotas.within('dataConsumers', owner, make));
    }),
  );

  const producer = '/rooms/:roomId/data-producers/:id';
  router.delete(
    producer,
    roomRoute(rooms, producer, ({ room, caller, id, response }) => {
      room.dataProducer(id, caller.participantId).close();
      response.status(204).end();
    }),
  );

  const consumer = '/rooms/:roomId/data-consumers/:id';
  router.delete(
    consumer,
    roomRoute(rooms, consumer, ({ room, caller, id, response }) => {
      room.dataConsumer(id, caller.participantId).close();
      response.status(204).end();
    }),
  );

  return router;
}
