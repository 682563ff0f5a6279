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
 * Optional request header of every `POST`: the same key with the same request is answered the same for 24 h, without
 * being carried out again; with another request it is refused (`422 idempotency-key-reused`).
 */
export const IDEMPOTENCY_HEADER = 'idempotency-key';

/** `POST /api/rooms/:roomId/create` */
export const createRoomRequestSchema = z.object({
  /** Codec settings of the room. */
  profile: z.enum(['conference', 'push-to-talk']).default('conference'),
  /** The epoch this room belongs to; an existing room takes over a higher one and refuses a lower one. */
  epoch: epochSchema.default(0),
  /** How many participants may have transports here; absent: the server's own limit. */
  maxParticipants: z.int().min(1).max(10_000).optional(),
  /**
   * Seconds this room lives on without being created again by its gateway, which renews it; absent: until it is deleted or
   * has been empty for too long.
   */
  lease: z.int().min(5).max(86_400).optional(),
  /** How many of the loudest are forwarded; absent: everyone. */
  maxAudibleSpeakers: z.int().min(1).max(50).optional(),
});
export const createRoomAnswerSchema = z.object({
  roomId: roomIdSchema,
  epoch: epochSchema,
  /** Changes with every start of the media server. */
  bootId: z.string(),
  rtpCapabilities: toldCapabilitiesSchema,
});
export type CreateRoomRequest = z.input<typeof createRoomRequestSchema>;
export type CreateRoomAnswer = z.infer<typeof createRoomAnswerSchema>;

/** `POST /api/rooms/:roomId/transports` */
export const createTransportRequestSchema = z.object({
  participantId: participantIdSchema,
  direction: z.enum(['send', 'recv']),
  /** Offer only TCP candidates: for networks that block UDP. */
  forceTcp: z.boolean().default(false),
  /** Allow data channels: only transports that ask for them have SCTP. */
  sctp: z.boolean().default(false),
});
export const createTransportAnswerSchema = z.object({
  id: entityIdSchema,
  iceParameters: iceParametersSchema,
  iceCandidates: z.array(iceCandidateSchema),
  dtlsParameters: dtlsParametersSchema,
  /** With `sctp`: what the client's data channels are set up with. */
  sctpParameters: sctpParametersSchema.optional(),
});
export type CreateTransportRequest = z.input<typeof createTransportRequestSchema>;
export type CreateTransportAnswer = z.infer<typeof createTransportAnswerSchema>;

/** `POST /api/rooms/:roomId/transports/:id/connect` */
export const connectTransportRequestSchema = z.object({ dtlsParameters: dtlsParametersSchema });
export const connectTransportAnswerSchema = z.object({ connected: z.literal(true) });
export type ConnectTransportRequest = z.infer<typeof connectTransportRequestSchema>;

/** `POST /api/rooms/:roomId/transports/:id/restart-ice` */
export const restartIceAnswerSchema = z.object({ iceParameters: iceParametersSchema });
export type RestartIceAnswer = z.infer<typeof restartIceAnswerSchema>;

/** `POST /api/rooms/:roomId/transports/:id/produce` */
export const produceRequestSchema = z.object({
  kind: mediaKindSchema,
  rtpParameters: rtpParametersSchema,
  source: sourceSchema,
  paused: z.boolean().default(false),
});
export const produceAnswerSchema = z.object({ id: entityIdSchema });
export type ProduceRequest = z.input<typeof produceRequestSchema>;
export type ProduceAnswer = z.infer<typeof produceAnswerSchema>;

/** `POST /api/rooms/:roomId/transports/:id/produce-data` */
export const produceDataRequestSchema = z.object({
  sctpStreamParameters: sctpStreamParametersSchema,
  /** Name of the data channel, for those who receive it. */
  label: z.string().max(128),
  protocol: z.string().max(128).default(''),
});
export const produceDataAnswerSchema = z.object({ id: entityIdSchema });
export type ProduceDataRequest = z.input<typeof produceDataRequestSchema>;

/** `POST /api/rooms/:roomId/consume-data` */
export const consumeDataRequestSchema = z.object({
  transportId: entityIdSchema,
  dataProducerId: entityIdSchema,
});
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
  /** Size: 0 is the smallest. */
  spatialLayer: z.int().min(0).max(7),
  /** Frame rate: 0 is the lowest; absent: the highest. */
  temporalLayer: z.int().min(0).max(7).optional(),
});
export const patchConsumerRequestSchema = z
  .object({
    preferredLayers: layersSchema.optional(),
    /** Who gets the bandwidth first when it does not suffice: 1 the last, 255 the first. */
    priority: z.int().min(1).max(255).optional(),
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
  /** The producers of the list that cannot be consumed, and why; the others are. */
  refused: z.array(z.object({ producerId: z.string(), code: z.string() })),
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
  /** The number of the last event that this snapshot contains; 0 before the first. */
  seq: z.int().min(0),
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
  producers: z.array(producerInfoSchema),
  dataProducers: z.array(dataProducerInfoSchema).default([]),
});
export type RoomSnapshot = z.infer<typeof roomSnapshotSchema>;

/** `GET /api/rooms?limit&cursor` */
export const listRoomsQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** Where the page before ended; opaque. */
  cursor: z.string().max(256).optional(),
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
  /** Bits per second, payload and headers. */
  bitrate: z.number().min(0),
  packets: z.int().min(0),
  /** Packets that were lost on the way, as reported by their receiver. */
  packetsLost: z.int().min(0),
});
const streamStatsSchema = ratesSchema.extend({
  kind: mediaKindSchema,
  /** Milliseconds; null before the first report. */
  rttMs: z.number().min(0).nullable(),
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
          /** Bits per second. */
          sendBitrate: z.number().min(0),
          recvBitrate: z.number().min(0),
          /** Bits per second that the path towards the participant takes, as estimated; null where nothing is sent. */
          availableOutgoingBitrate: z.number().min(0).nullable(),
          rttMs: z.number().min(0).nullable(),
        }),
      ),
      producers: z.array(
        z.object({
          producerId: entityIdSchema,
          source: sourceSchema,
          /** 0 (nothing arrives) to 10, the best of its layers. */
          score: z.int().min(0).max(10),
          streams: z.array(streamStatsSchema.extend({ rid: z.string().nullable() })),
        }),
      ),
      consumers: z.array(
        z.object({
          consumerId: entityIdSchema,
          producerId: entityIdSchema,
          paused: z.boolean(),
          /** 0 to 10: what the participant receives of it. */
          score: z.int().min(0).max(10),
          /** Of simulcast and SVC: what is being sent; null for other consumers and while nothing is. */
          currentLayers: layersSchema.nullable(),
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
  /** Share of one core it used lately, 0 to 1. */
  cpu: z.number().min(0).max(1),
  /** Resident memory, bytes. */
  memoryBytes: z.int().min(0),
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
  /** How full this server is: 0 idle, 1 full; from 0.8 on it takes no new rooms. */
  score: z.number().min(0),
  /** Whether a new room would be taken at this moment. */
  accepting: z.boolean(),
  drain: z.object({
    state: drainStateSchema,
    /** Why: an operator asked, the process was told to end, or too many workers died. */
    reason: z.enum(['asked', 'terminating', 'workers-dying']).nullable(),
    deadline: z.iso.datetime().nullable(),
  }),
  rooms: z.int().min(0),
  participants: z.int().min(0),
  workers: z.object({ expected: z.int().min(1), up: z.array(workerInfoSchema) }),
});
export type NodeInfo = z.infer<typeof nodeSchema>;

/** `POST /api/node/drain` */
export const drainRequestSchema = z.object({
  /** Seconds until the rooms that are left are closed with `room-moved`; absent: the server's own deadline. */
  deadlineS: z.int().min(0).max(86_400).optional(),
});
export type DrainRequest = z.infer<typeof drainRequestSchema>;

/** `GET /ready` of both services: each condition by name. */
export const readinessSchema = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.boolean()) });
export type Readiness = z.infer<typeof readinessSchema>;
