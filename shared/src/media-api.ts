/** The media server's REST API: bodies of requests and answers. */
import { z } from 'zod';
import { entityIdSchema, epochSchema, participantIdSchema, roomIdSchema } from './ids.ts';
import {
  dtlsParametersSchema,
  iceCandidateSchema,
  iceParametersSchema,
  mediaKindSchema,
  rtpCapabilitiesSchema,
  rtpParametersSchema,
  sctpParametersSchema,
  sctpStreamParametersSchema,
  toldCapabilitiesSchema,
  toldParametersSchema,
  sourceSchema,
} from './rtp.ts';

/**
 * Optional request header: the epoch the caller acts under. A room whose epoch is higher refuses the request with
 * `409 stale-epoch`, so a gateway that was paused cannot undo a newer decision.
 */
export const EPOCH_HEADER = 'x-room-epoch';

/**
 * Optional request header: the participant on whose behalf the caller acts. A transport, producer or consumer of
 * anyone else is then answered as if it did not exist (`404`).
 */
export const PARTICIPANT_HEADER = 'x-participant-id';

/**
 * Optional request header: what the participant on whose behalf the caller acts may do, `publish` and `subscribe`,
 * separated by a comma; empty: neither. Sending or receiving without it is refused (`403 forbidden`). Absent: both.
 */
export const GRANTS_HEADER = 'x-participant-grants';

/**
 * Optional request header: the number of the grant of the floor the caller acts under. A room in which a higher one has
 * been named refuses the request with `409 stale-fence`: whoever was slow cannot let the last speaker be heard again.
 */
export const FENCE_HEADER = 'x-floor-fence';

/**
 * Optional request header of every `POST`: the same key with the same request is answered the same for 24 h, without
 * being carried out again; with another request it is refused (`422 idempotency-key-reused`).
 */
export const IDEMPOTENCY_HEADER = 'idempotency-key';
/** Its value: visible ASCII (RFC 8941 would have quotes around it; they are part of the key here). */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * `POST /api/rooms/:roomId/create`. Strict, as all bodies of requests are: a field that is misspelt, or that is the server's to
 * decide (an address, an id), is refused, not ignored.
 */
export const createRoomRequestSchema = z.strictObject({
  profile: z
    .enum(['conference', 'push-to-talk'])
    .default('conference')
    .describe('Codec settings of the room.'),
  epoch: epochSchema
    .optional()
    .describe(
      'The epoch this room belongs to; an existing room takes over a higher one and refuses a lower one. Absent: the ' +
        "room's own, 0 for a new one.",
    ),
  maxParticipants: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("How many participants may have transports here; absent: the server's own limit."),
  lease: z
    .int()
    .min(5)
    .max(86_400)
    .optional()
    .describe(
      'Seconds this room lives on without being created again by its gateway, which renews it; absent: until it is ' +
        'deleted or has been empty for too long.',
    ),
  maxAudibleSpeakers: z
    .int()
    .min(1)
    .max(50)
    .optional()
    .describe('How many of the loudest are forwarded; absent: everyone.'),
});
export const createRoomAnswerSchema = z.object({
  roomId: roomIdSchema,
  epoch: epochSchema,
  bootId: z.string().describe('Changes with every start of the media server.'),
  rtpCapabilities: toldCapabilitiesSchema,
});
export type CreateRoomRequest = z.input<typeof createRoomRequestSchema>;
export type CreateRoomAnswer = z.infer<typeof createRoomAnswerSchema>;

/** `POST /api/rooms/:roomId/transports` */
export const createTransportRequestSchema = z.strictObject({
  participantId: participantIdSchema,
  direction: z.enum(['send', 'recv']),
  forceTcp: z.boolean().default(false).describe('Offer only TCP candidates: for networks that block UDP.'),
  sctp: z
    .boolean()
    .default(false)
    .describe('Allow data channels: only transports that ask for them have SCTP.'),
});
export const createTransportAnswerSchema = z.object({
  id: entityIdSchema,
  iceParameters: iceParametersSchema,
  iceCandidates: z.array(iceCandidateSchema),
  dtlsParameters: dtlsParametersSchema,
  sctpParameters: sctpParametersSchema
    .optional()
    .describe("With `sctp`: what the client's data channels are set up with."),
});
export type CreateTransportRequest = z.input<typeof createTransportRequestSchema>;
export type CreateTransportAnswer = z.infer<typeof createTransportAnswerSchema>;

/** `POST /api/rooms/:roomId/transports/:id/connect` */
export const connectTransportRequestSchema = z.strictObject({ dtlsParameters: dtlsParametersSchema });
export const connectTransportAnswerSchema = z.object({ connected: z.literal(true) });
export type ConnectTransportRequest = z.infer<typeof connectTransportRequestSchema>;

/** `POST /api/rooms/:roomId/transports/:id/restart-ice` */
export const restartIceAnswerSchema = z.object({ iceParameters: iceParametersSchema });
export type RestartIceAnswer = z.infer<typeof restartIceAnswerSchema>;

/** `POST /api/rooms/:roomId/transports/:id/produce` */
export const produceRequestSchema = z.strictObject({
  kind: mediaKindSchema,
  rtpParameters: rtpParametersSchema,
  source: sourceSchema,
  paused: z.boolean().default(false),
});
export const produceAnswerSchema = z.object({ id: entityIdSchema });
export type ProduceRequest = z.input<typeof produceRequestSchema>;
export type ProduceAnswer = z.infer<typeof produceAnswerSchema>;

/** `POST /api/rooms/:roomId/transports/:id/produce-data` */
export const produceDataRequestSchema = z.strictObject({
  sctpStreamParameters: sctpStreamParametersSchema,
  label: z.string().max(128).describe('Name of the data channel, for those who receive it.'),
  protocol: z.string().max(128).default(''),
});
export const produceDataAnswerSchema = z.object({ id: entityIdSchema });
export type ProduceDataRequest = z.input<typeof produceDataRequestSchema>;

/** `POST /api/rooms/:roomId/consume-data` */
export const consumeDataRequestSchema = z.strictObject({
  transportId: entityIdSchema,
  dataProducerId: entityIdSchema,
});
export type ConsumeDataRequest = z.input<typeof consumeDataRequestSchema>;
export const consumeDataAnswerSchema = z.object({
  id: entityIdSchema,
  dataProducerId: entityIdSchema,
  sctpStreamParameters: sctpStreamParametersSchema,
  label: z.string(),
  protocol: z.string(),
});
export type ConsumeDataAnswer = z.infer<typeof consumeDataAnswerSchema>;

/** `PATCH /api/rooms/:roomId/consumers/:id` */
export const layersSchema = z.object({
  spatialLayer: z.int().min(0).max(7).describe('Size: 0 is the smallest.'),
  temporalLayer: z
    .int()
    .min(0)
    .max(7)
    .optional()
    .describe('Frame rate: 0 is the lowest; absent: the highest.'),
});
export const patchConsumerRequestSchema = z
  .strictObject({
    preferredLayers: layersSchema.strict().optional(),
    priority: z
      .int()
      .min(1)
      .max(255)
      .optional()
      .describe('Who gets the bandwidth first when it does not suffice: 1 the last, 255 the first.'),
  })
  .refine(({ preferredLayers, priority }) => preferredLayers !== undefined || priority !== undefined, {
    message: 'names neither preferredLayers nor priority',
  });
export type Layers = z.infer<typeof layersSchema>;
export type PatchConsumerRequest = z.infer<typeof patchConsumerRequestSchema>;

/** How many producers one `consume` request may name. */
export const MAX_CONSUME_LIST = 200;

/** `POST /api/rooms/:roomId/consume`, one producer or several. */
export const consumeRequestSchema = z.union([
  z.strictObject({
    transportId: entityIdSchema,
    producerId: entityIdSchema,
    rtpCapabilities: rtpCapabilitiesSchema,
  }),
  z.strictObject({
    transportId: entityIdSchema,
    producerIds: z.array(entityIdSchema).min(1).max(MAX_CONSUME_LIST),
    rtpCapabilities: rtpCapabilitiesSchema,
  }),
]);
/** The same in signalling: one object with either field. */
export const consumeFields = {
  producerId: entityIdSchema.optional(),
  producerIds: z.array(entityIdSchema).min(1).max(MAX_CONSUME_LIST).optional(),
  rtpCapabilities: rtpCapabilitiesSchema,
};
type OneOrSeveral = { producerId?: unknown; producerIds?: unknown };
export const NAMES_EITHER = [
  ({ producerId, producerIds }: OneOrSeveral) => (producerId === undefined) !== (producerIds === undefined),
  { message: 'names either producerId or producerIds' },
] as const;
export const consumerSchema = z.object({
  id: entityIdSchema,
  producerId: entityIdSchema,
  kind: mediaKindSchema,
  rtpParameters: toldParametersSchema,
  type: z.enum(['simple', 'simulcast', 'svc', 'pipe']),
  producerPaused: z.boolean(),
});
export const consumeListAnswerSchema = z.object({
  consumers: z.array(consumerSchema),
  refused: z
    .array(z.object({ producerId: z.string(), code: z.string() }))
    .describe('The producers of the list that cannot be consumed, and why; the others are.'),
});
export type ConsumeRequest = z.infer<typeof consumeRequestSchema>;
export type ConsumerAnswer = z.infer<typeof consumerSchema>;
export type ConsumeListAnswer = z.infer<typeof consumeListAnswerSchema>;

/** The empty object that pausing and resuming answer. */
export const doneSchema = z.object({});

/** A producer as snapshots and join answers show it. */
export const producerInfoSchema = z.object({
  producerId: entityIdSchema,
  participantId: participantIdSchema,
  kind: mediaKindSchema,
  source: sourceSchema,
  paused: z.boolean(),
});
export type ProducerInfo = z.infer<typeof producerInfoSchema>;

/** What of a producer somebody receives: its sender need not send the rest. */
export const producerDemandSchema = z.object({
  pausedByServer: z
    .boolean()
    .describe(
      'Whether the server takes in nothing of it, because nobody receives it. Nobody is muted by that.',
    ),
  wantedSpatialLayer: z
    .int()
    .min(0)
    .max(7)
    .nullable()
    .describe(
      'Of several sizes the largest that somebody wants, 0 is the smallest: it and those below are to be sent. null: ' +
        'all of it.',
    ),
});
export type ProducerDemand = z.infer<typeof producerDemandSchema>;

/** A producer with what of it is wanted. */
export const producerStateSchema = producerInfoSchema.extend(producerDemandSchema.shape);
export type ProducerState = z.infer<typeof producerStateSchema>;

/** A data producer as snapshots show it. */
export const dataProducerInfoSchema = z.object({
  dataProducerId: entityIdSchema,
  participantId: participantIdSchema,
  label: z.string(),
  protocol: z.string(),
});
export type DataProducerInfo = z.infer<typeof dataProducerInfoSchema>;

/** `GET /api/rooms/:roomId`: everything in the room, as of event `seq` of its feed. */
export const roomSnapshotSchema = z.object({
  roomId: roomIdSchema,
  epoch: epochSchema,
  bootId: z.string(),
  seq: z
    .int()
    .min(0)
    .describe('The number of the last event that this snapshot contains; 0 before the first.'),
  profile: z.enum(['conference', 'push-to-talk']),
  createdAt: z.iso.datetime(),
  participants: z.array(
    z.object({
      participantId: participantIdSchema,
      transports: z.array(
        z.object({
          transportId: entityIdSchema,
          direction: z.enum(['send', 'recv']),
          ice: z.string(),
          dtls: z.string(),
        }),
      ),
      consumers: z.array(
        z.object({
          consumerId: entityIdSchema,
          producerId: entityIdSchema,
          kind: mediaKindSchema,
          paused: z.boolean(),
        }),
      ),
    }),
  ),
  producers: z.array(producerStateSchema),
  dataProducers: z.array(dataProducerInfoSchema).default([]),
});
export type RoomSnapshot = z.infer<typeof roomSnapshotSchema>;

/** `GET /api/rooms?limit&cursor` */
export const listRoomsQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(256).optional().describe('Where the page before ended; opaque.'),
});
export const listRoomsAnswerSchema = z.object({
  rooms: z.array(
    z.object({
      roomId: roomIdSchema,
      epoch: epochSchema,
      participants: z.int(),
      producers: z.int(),
      consumers: z.int(),
      createdAt: z.iso.datetime(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
export type ListRoomsAnswer = z.infer<typeof listRoomsAnswerSchema>;

/** Rates of one media stream, or of a transport, as last measured. */
const ratesSchema = z.object({
  bitrate: z.number().min(0).describe('Bits per second, payload and headers.'),
  packets: z.int().min(0),
  packetsLost: z.int().min(0).describe('Packets that were lost on the way, as reported by their receiver.'),
});
const streamStatsSchema = ratesSchema.extend({
  kind: mediaKindSchema,
  rttMs: z.number().min(0).nullable().describe('Milliseconds; null before the first report.'),
  jitter: z.number().min(0),
});

/** `GET /api/rooms/:roomId/stats`: by participant. */
export const roomStatsSchema = z.object({
  roomId: roomIdSchema,
  at: z.iso.datetime(),
  participants: z.array(
    z.object({
      participantId: participantIdSchema,
      transports: z.array(
        z.object({
          transportId: entityIdSchema,
          direction: z.enum(['send', 'recv']),
          ice: z.string(),
          dtls: z.string(),
          sendBitrate: z.number().min(0).describe('Bits per second.'),
          recvBitrate: z.number().min(0),
          availableOutgoingBitrate: z
            .number()
            .min(0)
            .nullable()
            .describe(
              'Bits per second that the path towards the participant takes, as estimated; null where nothing is sent.',
            ),
          rttMs: z.number().min(0).nullable(),
        }),
      ),
      producers: z.array(
        z.object({
          producerId: entityIdSchema,
          source: sourceSchema,
          score: z.int().min(0).max(10).describe('0 (nothing arrives) to 10, the best of its layers.'),
          streams: z.array(streamStatsSchema.extend({ rid: z.string().nullable() })),
        }),
      ),
      consumers: z.array(
        z.object({
          consumerId: entityIdSchema,
          producerId: entityIdSchema,
          paused: z.boolean(),
          score: z.int().min(0).max(10).describe('0 to 10: what the participant receives of it.'),
          currentLayers: layersSchema
            .nullable()
            .describe(
              'Of simulcast and SVC: what is being sent; null for other consumers and while nothing is.',
            ),
          streams: z.array(streamStatsSchema),
        }),
      ),
    }),
  ),
});
export type RoomStats = z.infer<typeof roomStatsSchema>;

/** One media worker of this server. */
export const workerInfoSchema = z.object({
  index: z.int().min(0),
  pid: z.int().min(1),
  cpu: z.number().min(0).max(1).describe('Share of one core it used lately, 0 to 1.'),
  memoryBytes: z.int().min(0).describe('Resident memory, bytes.'),
  rooms: z.int().min(0),
  consumers: z.int().min(0),
});
export type WorkerInfo = z.infer<typeof workerInfoSchema>;

export const drainStateSchema = z.enum(['none', 'draining', 'drained']);

/** `GET /api/node` */
export const nodeSchema = z.object({
  bootId: z.string(),
  version: z.string(),
  region: z.string().nullable(),
  uptimeS: z.int().min(0),
  score: z
    .number()
    .min(0)
    .describe(
      'How full this server is: 0 idle, 1 full, above 1 overfull (rooms that are there may grow); from 0.8 on it takes ' +
        'no new rooms.',
    ),
  accepting: z
    .boolean()
    .describe(
      'Whether a new room would be taken at this moment: it does not drain, and its score is below 0.8. Whoever places ' +
        'rooms goes by this; a full server is still ready (`GET /ready`), for the rooms it has.',
    ),
  drain: z.object({
    state: drainStateSchema,
    reason: z
      .enum(['asked', 'terminating', 'workers-dying'])
      .nullable()
      .describe('Why: an operator asked, the process was told to end, or too many workers died.'),
    deadline: z.iso.datetime().nullable(),
  }),
  rooms: z.int().min(0),
  participants: z.int().min(0),
  workers: z.object({ expected: z.int().min(1), up: z.array(workerInfoSchema) }),
});
export type NodeInfo = z.infer<typeof nodeSchema>;

/** `POST /api/node/drain` */
export const drainRequestSchema = z.strictObject({
  deadlineS: z
    .int()
    .min(0)
    .max(86_400)
    .optional()
    .describe(
      "Seconds until the rooms that are left are closed with `room-moved`; absent: the server's own deadline.",
    ),
});
export type DrainRequest = z.infer<typeof drainRequestSchema>;

/** `GET /ready` of both services: each condition by name. */
export const readinessSchema = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.boolean()) });
export type Readiness = z.infer<typeof readinessSchema>;

/** `GET /health` of both services. */
export const healthSchema = z.object({ status: z.literal('ok') });
