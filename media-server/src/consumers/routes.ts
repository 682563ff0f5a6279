/** REST: consumers. */
import { bodyOf } from '@crossfade/service/http';
import { CodedError } from '@crossfade/shared/errors';
import {
  consumeRequestSchema,
  patchConsumerRequestSchema,
  type ConsumeRequest,
} from '@crossfade/shared/media-api';
import { Router, type Request } from 'express';
import { mustBeGranted } from '../http/caller.ts';
import { roomRoute, type RoomRequestContext } from '../http/room-route.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { consumeList } from './consume-list.ts';
import type { Consumer } from './consumer.ts';

export function consumerRoutes({ rooms, quotas }: { rooms: Rooms; quotas: Quotas }): Router {
  const router = Router();

  const consume = '/rooms/:roomId/consume';
  router.post(
    consume,
    roomRoute(rooms, consume, async ({ room, caller, request, response }) => {
      mustBeGranted('subscribe', caller);
      const body = consumeBodyOf(request);
      const transport = room.transport(body.transportId, caller.participantId);
      if (transport.direction !== 'recv') throw new CodedError('wrong-transport-direction');
      const owner = { room, participantId: transport.participantId };
      const one = (producerId: string) =>
        quotas.within('consumers', owner, () => room.consume(transport, producerId, body.rtpCapabilities));
      response
        .status(201)
        .json(await ('producerIds' in body ? consumeList(body.producerIds, one) : one(body.producerId)));
    }),
  );

  const actions = {
    resume: (consumer) => consumer.resume(),
    pause: (consumer) => consumer.pause(),
    'request-key-frame': (consumer) => consumer.requestKeyFrame(),
  } satisfies Record<string, (consumer: Consumer) => Promise<void>>;
  for (const [name, act] of Object.entries(actions)) {
    const template = `/rooms/:roomId/consumers/:id/${name}`;
    router.post(
      template,
      roomRoute(rooms, template, async (context) => {
        await act(consumerOf(context));
        context.response.json({});
      }),
    );
  }

  const one = '/rooms/:roomId/consumers/:id';
  router.patch(
    one,
    roomRoute(rooms, one, async (context) => {
      const consumer = consumerOf(context);
      await consumer.patch(bodyOf(patchConsumerRequestSchema, context.request));
      context.response.json({});
    }),
  );
  router.delete(
    one,
    roomRoute(rooms, one, (context) => {
      consumerOf(context).close();
      context.response.status(204).end();
    }),
  );

  return router;
}

/** Checked as the one or the other shape, so that the answer can name the wrong field. */
function consumeBodyOf(request: Request): ConsumeRequest {
  const [one, list] = consumeRequestSchema.options;
  const body: unknown = request.body;
  return typeof body === 'object' && body !== null && 'producerIds' in body
    ? bodyOf(list, request)
    : bodyOf(one, request);
}

function consumerOf({ room, caller, id }: RoomRequestContext): Consumer {
  return room.consumer(id, caller.participantId);
}
