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

/** `POST /api/rooms/:roomId/create` */
export const createRoomRequestSchema = z.object({
  /** Codec settings of the room. */
  profile: z.enum(['conference', 'push-to-talk']).default('conference'),
  /** The epoch this room belongs to; an existing room takes over a higher one and refuses a lower one. */
  epoch: epochSchema.default(0),
  /** How many participants may have transports here; absent: the server's own limit. */
  maxParticipants: z.int().min(1).max(10_000).optional(),
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
});
export const createTransportAnswerSchema = z.object({
  id: entityIdSchema,
  iceParameters: iceParametersSchema,
  iceCandidates: z.array(iceCandidateSchema),
  dtlsParameters: dtlsParametersSchema,
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

/** `GET /ready` of both services: each condition by name. */
export const readinessSchema = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.boolean()) });
export type Readiness = z.infer<typeof readinessSchema>;
