/**
 * The media server's REST API as a table: what OpenAPI, the Postman collection and the tests are made from. The server
 * itself is not, but a test holds its routes and these equal.
 */
import { z } from 'zod';
import { ownRoutes, type ApiRoute, type RouteAnswer } from './api-routes.ts';
import type { ErrorCode } from './errors.ts';
import { entityIdSchema, participantIdSchema, roomIdSchema } from './ids.ts';
import {
  connectTransportAnswerSchema,
  connectTransportRequestSchema,
  consumeDataAnswerSchema,
  consumeDataRequestSchema,
  consumeListAnswerSchema,
  consumeRequestSchema,
  consumerSchema,
  createRoomAnswerSchema,
  createRoomRequestSchema,
  createTransportAnswerSchema,
  createTransportRequestSchema,
  doneSchema,
  drainRequestSchema,
  EPOCH_HEADER,
  FENCE_HEADER,
  GRANTS_HEADER,
  healthSchema,
  IDEMPOTENCY_HEADER,
  IDEMPOTENCY_KEY,
  listRoomsAnswerSchema,
  listRoomsQuerySchema,
  nodeSchema,
  PARTICIPANT_HEADER,
  patchConsumerRequestSchema,
  produceAnswerSchema,
  produceDataAnswerSchema,
  produceDataRequestSchema,
  produceRequestSchema,
  readinessSchema,
  restartIceAnswerSchema,
  roomSnapshotSchema,
  roomStatsSchema,
} from './media-api.ts';

export type RouteTag =
  'Rooms' | 'Transports' | 'Producers' | 'Consumers' | 'Participants' | 'Node' | 'Documents';

/** What a request of this route has to carry: nothing, any service token, or one without `scope: 'read'`. */
export type RouteAccess = 'anyone' | 'read' | 'write';

export type MediaRoute = ApiRoute<RouteTag, RouteAccess>;

const gone: RouteAnswer = { description: 'Done; there is nothing to tell.' };
const done: RouteAnswer = { description: 'Done.', schema: doneSchema };
const node: RouteAnswer = { description: 'The server as it now is.', schema: nodeSchema };

const idOf = (name: string) => entityIdSchema.describe(`The id of a ${name}.`);
const transportId = idOf('transport');
const producerId = idOf('producer');
const consumerId = idOf('consumer');

/** A worker is asked: it may be gone, or silent. */
const ASKS_A_WORKER = ['no-capacity', 'timeout'] as const;

/** Something done to a producer or consumer that only its worker can do. */
function action(
  of: 'producer' | 'consumer',
  name: string,
  { operationId, summary }: Pick<MediaRoute, 'operationId' | 'summary'>,
): MediaRoute {
  return {
    method: 'post',
    path: `/api/rooms/:roomId/${of}s/:id/${name}`,
    operationId,
    tag: of === 'producer' ? 'Producers' : 'Consumers',
    summary,
    access: 'write',
    id: of === 'producer' ? producerId : consumerId,
    answers: { 200: done },
    errors: [`${of}-not-found`, ...ASKS_A_WORKER],
  };
}

/** The end of something in a room. */
function closing(
  of: 'transport' | 'producer' | 'consumer' | 'data-producer' | 'data-consumer',
  { operationId, tag, summary }: Pick<MediaRoute, 'operationId' | 'tag' | 'summary'>,
): MediaRoute {
  return {
    method: 'delete',
    path: `/api/rooms/:roomId/${of}s/:id`,
    operationId,
    tag,
    summary,
    access: 'write',
    id: idOf(of.replace('-', ' ')),
    answers: { 204: gone },
    errors: [`${of}-not-found`],
  };
}

export const MEDIA_ROUTES: readonly MediaRoute[] = [
  {
    method: 'post',
    path: '/api/rooms/:roomId/create',
    operationId: 'createRoom',
    tag: 'Rooms',
    summary: 'Create a room, or renew it',
    description:
      'A room that exists is answered as it is, under the higher of both epochs; its lease begins anew. What the ' +
      'other fields say counts only for a room that is new.',
    access: 'write',
    body: createRoomRequestSchema,
    answers: {
      200: { description: 'The room existed.', schema: createRoomAnswerSchema },
      201: { description: 'The room is new.', schema: createRoomAnswerSchema },
    },
    errors: [
      'stale-epoch',
      'quota-exceeded',
      'rate-limited',
      'room-quarantined',
      'draining',
      'shutting-down',
      ...ASKS_A_WORKER,
    ],
  },
  {
    method: 'get',
    path: '/api/rooms',
    operationId: 'listRooms',
    tag: 'Rooms',
    summary: 'List the rooms',
    description:
      'In pages, ordered by id: pass `nextCursor` of one page as `cursor` of the next, until it is null.',
    access: 'read',
    query: listRoomsQuerySchema,
    answers: { 200: { description: 'A page of them.', schema: listRoomsAnswerSchema } },
    errors: [],
  },
  {
    method: 'get',
    path: '/api/rooms/:roomId',
    operationId: 'getRoom',
    tag: 'Rooms',
    summary: 'Everything in a room',
    description: 'As of event `seq` of its feed: events after it can be applied to this.',
    access: 'read',
    answers: { 200: { description: 'The snapshot.', schema: roomSnapshotSchema } },
    errors: [],
  },
  {
    method: 'get',
    path: '/api/rooms/:roomId/stats',
    operationId: 'getRoomStats',
    tag: 'Rooms',
    summary: 'Rates, losses and scores in a room',
    access: 'read',
    answers: { 200: { description: 'By participant, as last measured.', schema: roomStatsSchema } },
    errors: [...ASKS_A_WORKER],
  },
  {
    method: 'delete',
    path: '/api/rooms/:roomId',
    operationId: 'deleteRoom',
    tag: 'Rooms',
    summary: 'Delete a room and everything in it',
    access: 'write',
    answers: { 204: gone },
    errors: [],
  },
  {
    method: 'post',
    path: '/api/rooms/:roomId/transports',
    operationId: 'createTransport',
    tag: 'Transports',
    summary: 'Create a transport for a participant',
    description:
      'A participant needs one of each direction that is used. Its first transport is what lets a participant in: ' +
      'there is no other way to join.',
    access: 'write',
    body: createTransportRequestSchema,
    answers: {
      201: {
        description: 'What the client sets its transport up with.',
        schema: createTransportAnswerSchema,
      },
    },
    errors: ['participant-not-found', 'room-full', 'quota-exceeded', ...ASKS_A_WORKER],
  },
  {
    method: 'post',
    path: '/api/rooms/:roomId/transports/:id/connect',
    operationId: 'connectTransport',
    tag: 'Transports',
    summary: "Hand over the client's DTLS parameters",
    access: 'write',
    id: transportId,
    body: connectTransportRequestSchema,
    answers: { 200: { description: 'The client may begin.', schema: connectTransportAnswerSchema } },
    errors: [
      'transport-not-found',
      'transport-already-connected',
      'invalid-media-parameters',
      ...ASKS_A_WORKER,
    ],
  },
  {
    method: 'post',
    path: '/api/rooms/:roomId/transports/:id/restart-ice',
    operationId: 'restartIce',
    tag: 'Transports',
    summary: 'New ICE credentials for a path that was lost',
    access: 'write',
    id: transportId,
    answers: { 200: { description: 'The new credentials.', schema: restartIceAnswerSchema } },
    errors: ['transport-not-found', ...ASKS_A_WORKER],
  },
  closing('transport', {
    operationId: 'deleteTransport',
    tag: 'Transports',
    summary: 'Close a transport and all that runs over it',
  }),
  {
    method: 'post',
    path: '/api/rooms/:roomId/transports/:id/produce',
    operationId: 'produce',
    tag: 'Producers',
    summary: 'Send sound or picture',
    access: 'write',
    id: transportId,
    body: produceRequestSchema,
    answers: { 201: { description: 'The new producer.', schema: produceAnswerSchema } },
    errors: [
      'transport-not-found',
      'wrong-transport-direction',
      'invalid-media-parameters',
      'quota-exceeded',
      ...ASKS_A_WORKER,
    ],
  },
  {
    method: 'post',
    path: '/api/rooms/:roomId/transports/:id/produce-data',
    operationId: 'produceData',
    tag: 'Producers',
    summary: 'Open a data channel for sending',
    description: 'On a transport that was made with `sctp`.',
    access: 'write',
    id: transportId,
    body: produceDataRequestSchema,
    answers: { 201: { description: 'The new data producer.', schema: produceDataAnswerSchema } },
    errors: [
      'transport-not-found',
      'wrong-transport-direction',
      'no-sctp',
      'invalid-media-parameters',
      'quota-exceeded',
      ...ASKS_A_WORKER,
    ],
  },
  action('producer', 'pause', { operationId: 'pauseProducer', summary: 'Stop forwarding it to anyone' }),
  action('producer', 'resume', { operationId: 'resumeProducer', summary: 'Forward it again' }),
  closing('producer', {
    operationId: 'deleteProducer',
    tag: 'Producers',
    summary: 'Close a producer and its consumers',
  }),
  closing('data-producer', {
    operationId: 'deleteDataProducer',
    tag: 'Producers',
    summary: 'Close a data producer and its data consumers',
  }),
  {
    method: 'post',
    path: '/api/rooms/:roomId/consume',
    operationId: 'consume',
    tag: 'Consumers',
    summary: 'Receive what somebody sends',
    description:
      'One producer, or a list of them. Consumers start paused: resume them when the client is ready, or their first ' +
      'key frame is lost. Of a list, those that cannot be consumed are refused one by one and the others are made.',
    access: 'write',
    body: consumeRequestSchema,
    answers: {
      201: {
        description: 'The new consumer; for a list, all of them.',
        schema: z.union([consumerSchema, consumeListAnswerSchema]),
      },
    },
    errors: [
      'transport-not-found',
      'producer-not-found',
      'wrong-transport-direction',
      'incompatible-capabilities',
      'invalid-media-parameters',
      'quota-exceeded',
      ...ASKS_A_WORKER,
    ],
  },
  {
    method: 'post',
    path: '/api/rooms/:roomId/consume-data',
    operationId: 'consumeData',
    tag: 'Consumers',
    summary: "Receive somebody's data channel",
    description: 'On a transport that was made with `sctp`.',
    access: 'write',
    body: consumeDataRequestSchema,
    answers: {
      201: { description: 'What the client opens its data channel with.', schema: consumeDataAnswerSchema },
    },
    errors: [
      'transport-not-found',
      'data-producer-not-found',
      'wrong-transport-direction',
      'no-sctp',
      'invalid-media-parameters',
      'quota-exceeded',
      ...ASKS_A_WORKER,
    ],
  },
  closing('data-consumer', {
    operationId: 'deleteDataConsumer',
    tag: 'Consumers',
    summary: 'Close a data consumer',
  }),
  action('consumer', 'resume', { operationId: 'resumeConsumer', summary: 'Begin, or go on, to receive it' }),
  action('consumer', 'pause', { operationId: 'pauseConsumer', summary: 'Stop receiving it for a while' }),
  action('consumer', 'request-key-frame', {
    operationId: 'requestKeyFrame',
    summary: 'Ask the sender for a whole picture',
  }),
  {
    method: 'patch',
    path: '/api/rooms/:roomId/consumers/:id',
    operationId: 'patchConsumer',
    tag: 'Consumers',
    summary: 'Choose its layers or its priority',
    access: 'write',
    id: consumerId,
    body: patchConsumerRequestSchema,
    answers: { 200: done },
    errors: ['consumer-not-found', ...ASKS_A_WORKER],
  },
  closing('consumer', { operationId: 'deleteConsumer', tag: 'Consumers', summary: 'Close a consumer' }),
  {
    method: 'post',
    path: '/api/rooms/:roomId/participants/:id/leave',
    operationId: 'leave',
    tag: 'Participants',
    summary: 'Close everything a participant owns',
    access: 'write',
    id: participantIdSchema,
    answers: { 204: gone },
    errors: ['participant-not-found'],
  },
  {
    method: 'get',
    path: '/api/node',
    operationId: 'getNode',
    tag: 'Node',
    summary: 'How full this server is, and its workers',
    access: 'read',
    answers: { 200: { ...node, description: 'The server as it is.' } },
    errors: [],
  },
  {
    method: 'post',
    path: '/api/node/drain',
    operationId: 'startDrain',
    tag: 'Node',
    summary: 'Take no new rooms, and end the others by a deadline',
    description:
      'For the whole server, and everybody on it: every room that is left at the deadline is closed. Until then what is ' +
      'there goes on; `GET /ready` answers `503` from now on. `DELETE` calls it off.',
    access: 'write',
    body: drainRequestSchema,
    answers: { 200: node },
    errors: [],
  },
  {
    method: 'delete',
    path: '/api/node/drain',
    operationId: 'cancelDrain',
    tag: 'Node',
    summary: 'Take new rooms again',
    access: 'write',
    answers: { 200: node },
    errors: ['shutting-down'],
  },
  {
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    tag: 'Node',
    summary: 'Liveness',
    description: 'Depends on nothing: who gets no answer may restart the process.',
    access: 'anyone',
    answers: { 200: { description: 'The process answers.', schema: healthSchema } },
    errors: [],
  },
  {
    method: 'get',
    path: '/ready',
    operationId: 'getReadiness',
    tag: 'Node',
    summary: 'Readiness',
    description:
      'Ready is who has workers and does not drain. A server that is full is ready, for the rooms it has, and refuses new ' +
      'ones: whoever places rooms goes by `accepting` of `GET /api/node`.',
    access: 'anyone',
    answers: {
      200: { description: 'It serves.', schema: readinessSchema },
      503: { description: 'It does not; the checks say why.', schema: readinessSchema },
    },
    errors: [],
  },
  ...ownRoutes('Node', 'The event feed: AsyncAPI 3'),
];

/** Whether it acts in a room that has to be there. */
export function isInRoom({ path, operationId }: MediaRoute): boolean {
  return path.includes('/:roomId') && operationId !== 'createRoom';
}

const roomHeaders = z.object({
  [EPOCH_HEADER]: z
    .string()
    .regex(/^\d{1,16}$/)
    .optional()
    .describe(
      'The epoch the caller acts under. A room whose epoch is higher refuses the request with `409 stale-epoch`, so ' +
        'that a caller who was paused cannot undo a newer decision.',
    ),
  [FENCE_HEADER]: z
    .string()
    .regex(/^\d{1,16}$/)
    .optional()
    .describe(
      'The number of the grant of the floor the caller acts under. A room in which a higher one has been named refuses the ' +
        'request with `409 stale-fence`.',
    ),
  [PARTICIPANT_HEADER]: participantIdSchema
    .optional()
    .describe(
      'The participant on whose behalf the caller acts: what belongs to anyone else is answered as if it did not exist.',
    ),
  [GRANTS_HEADER]: z
    .string()
    .regex(/^(publish|subscribe)?(, *(publish|subscribe))?$/)
    .optional()
    .describe(
      'What that participant may do: `publish` and `subscribe`, separated by a comma; empty: neither. Absent: both.',
    ),
});
const idempotencyHeader = z.object({
  [IDEMPOTENCY_HEADER]: z
    .string()
    .regex(IDEMPOTENCY_KEY)
    .optional()
    .describe(
      'The same key with the same request is answered the same for 24 h, without being carried out again: what was ' +
        'answered then, whatever has become of it since. With another request (method, path, body, or one of the ' +
        'headers `x-room-epoch`, `x-floor-fence`, `x-participant-id` and `x-participant-grants`) it is refused.',
    ),
});

/** The request headers this route reads, besides the token. */
export function headersOf(route: MediaRoute): z.ZodObject {
  const room = route.path.includes('/:roomId') ? roomHeaders.shape : {};
  return z.object({ ...room, ...(route.method === 'post' ? idempotencyHeader.shape : {}) });
}

/** What stands for the parameters in its path. */
export function pathParametersOf({ path, id }: MediaRoute): z.ZodObject {
  return z.object({
    ...(path.includes('/:roomId') && { roomId: roomIdSchema }),
    ...(id && { id }),
  });
}

/** Every error this route can answer with, in the order of their statuses as far as they are common to many. */
export function errorsOf(route: MediaRoute): readonly ErrorCode[] {
  const { method, access, query, body, errors, onMetricsPort } = route;
  if (onMetricsPort) return [];
  const withBody = method === 'post' || method === 'patch';
  const codes: ErrorCode[] = [
    ...(withBody ? (['malformed-json', 'payload-too-large', 'unsupported-media-type'] as const) : []),
    ...(access === 'anyone' ? [] : (['unauthenticated', 'token-keys-unavailable'] as const)),
    ...(access === 'write' ? (['forbidden'] as const) : []),
    ...(isInRoom(route) ? (['room-not-found', 'stale-epoch', 'stale-fence'] as const) : []),
    ...((body ?? query ?? route.path.includes('/:')) ? (['validation-failed'] as const) : []),
    // Whoever repeats a request while it is carried out waits for its answer.
    ...(method === 'post' ? (['idempotency-key-reused', 'timeout'] as const) : []),
    ...errors,
    'internal',
  ];
  return [...new Set(codes)];
}
