/** The media server's event feed: Socket.IO namespace `/feed`. */
import { z } from 'zod';
import { entityIdSchema, epochSchema, participantIdSchema, roomIdSchema } from './ids.ts';
import {
  dataProducerInfoSchema,
  layersSchema,
  nodeSchema,
  producerInfoSchema,
  roomSnapshotSchema,
  workerInfoSchema,
} from './media-api.ts';
import { ackErrorSchema } from './errors.ts';
import { transcriptionFields } from './transcription.ts';

export const FEED_NAMESPACE = '/feed';

const envelope = {
  roomId: roomIdSchema,
  epoch: epochSchema,
  bootId: z.string(),
  seq: z.int().min(1).describe('Grows by exactly one per event of a room.'),
  at: z.iso.datetime().describe('When it happened, ISO 8601.'),
};

/** Why a producer is gone. */
export const producerClosedReasonSchema = z.enum([
  'closed',
  'transport-closed',
  'participant-left',
  'room-closed',
]);
/** Why a consumer is gone. */
export const consumerClosedReasonSchema = z.enum(['producer-closed', 'transport-closed', 'closed']);
/** Why a room is gone. */
export const roomClosedReasonSchema = z
  .enum(['deleted', 'worker-died', 'shutting-down', 'empty', 'lease-expired', 'quarantined', 'drained'])
  .describe(
    '`worker-died`: and it could not be made again. `lease-expired`: nobody renewed its lease. `quarantined`: it ' +
      'killed two workers. `drained`: the server drained, and its deadline came.',
  );
/** Why a room is on another worker, or about to be on another server. */
export const roomMovedReasonSchema = z.enum(['worker-died', 'draining']);

/** Who holds a producer back: its owner, who has muted it, or the server, because nobody receives it. */
export const pausedBySchema = z.enum(['owner', 'server']);

/** How well a stream arrives: 0 nothing to 10 all of it. */
const scoreSchema = z.int().min(0).max(10);

const producerRef = { producerId: entityIdSchema, participantId: participantIdSchema };
const consumerRef = { consumerId: entityIdSchema, ...producerRef };

export const feedEventSchema = z.discriminatedUnion('type', [
  z
    .object({ type: z.literal('new-producer'), ...envelope, ...producerInfoSchema.shape })
    .describe('Somebody sends something new.'),
  z
    .object({
      type: z.literal('producer-closed'),
      ...envelope,
      ...producerRef,
      reason: producerClosedReasonSchema,
    })
    .describe('A producer is gone, and with it all its consumers.'),
  z
    .object({
      type: z.literal('producer-paused'),
      ...envelope,
      ...producerRef,
      by: pausedBySchema,
    })
    .describe(
      'Nothing comes from it for now: its owner paused it, or the server, because nobody receives it.',
    ),
  z
    .object({
      type: z.literal('producer-resumed'),
      ...envelope,
      ...producerRef,
      by: pausedBySchema,
    })
    .describe('It sends again.'),
  z
    .object({
      type: z.literal('consumer-closed'),
      ...envelope,
      consumerId: entityIdSchema,
      producerId: entityIdSchema,
      participantId: participantIdSchema,
      reason: consumerClosedReasonSchema,
    })
    .describe('A consumer is gone.'),
  z
    .object({
      type: z.literal('transport-state'),
      ...envelope,
      transportId: entityIdSchema,
      participantId: participantIdSchema,
      ice: z.enum(['new', 'connected', 'completed', 'disconnected', 'closed']),
      dtls: z.enum(['new', 'connecting', 'connected', 'failed', 'closed']),
    })
    .describe('ICE or DTLS of a transport changed.'),
  z
    .object({
      type: z.literal('participant-left'),
      ...envelope,
      participantId: participantIdSchema,
      reason: z.string(),
    })
    .describe('Everything that participant owned is closed.'),
  z
    .object({ type: z.literal('producer-score'), ...envelope, ...producerRef, score: scoreSchema })
    .describe('How well a producer arrives changed.'),
  z
    .object({
      type: z.literal('producer-wanted-layers'),
      ...envelope,
      ...producerRef,
      spatialLayer: z
        .int()
        .min(0)
        .max(7)
        .describe('The largest size that somebody wants, 0 is the smallest: larger ones need not be sent.'),
    })
    .describe('Of a producer that comes in several sizes, other ones are wanted now.'),
  z
    .object({
      type: z.literal('consumer-score'),
      ...envelope,
      ...consumerRef,
      score: scoreSchema,
      producerScore: scoreSchema.describe(
        "Of the producer it comes from: low there means that the loss is not on this participant's way.",
      ),
    })
    .describe('How well a consumer is received changed.'),
  z
    .object({
      type: z.literal('consumer-layers-changed'),
      ...envelope,
      ...consumerRef,
      layers: layersSchema.nullable().describe('What is being sent; null: nothing, for want of bandwidth.'),
    })
    .describe('Another size or frame rate of a simulcast or SVC producer is sent to a consumer.'),
  z
    .object({ type: z.literal('data-producer-opened'), ...envelope, ...dataProducerInfoSchema.shape })
    .describe('Somebody opened a data channel.'),
  z
    .object({
      type: z.literal('data-producer-closed'),
      ...envelope,
      dataProducerId: entityIdSchema,
      participantId: participantIdSchema,
      reason: producerClosedReasonSchema,
    })
    .describe('A data channel is gone.'),
  z
    .object({
      type: z.literal('active-speaker'),
      ...envelope,
      participantId: participantIdSchema.nullable(),
      producerId: entityIdSchema.nullable(),
    })
    .describe('Somebody else speaks now; nobody, when all are silent: both null.'),
  z
    .object({
      type: z.literal('audio-levels'),
      ...envelope,
      levels: z.array(
        z.object({
          participantId: participantIdSchema,
          dbov: z
            .int()
            .min(-127)
            .max(0)
            .describe('dB below the loudest possible: -127 (silent) to 0, as in RFC 6464.'),
        }),
      ),
    })
    .describe('The loudest, loudest first; empty when it has become quiet.'),
  z
    .object({ type: z.literal('transcription'), ...envelope, ...transcriptionFields })
    .describe('What somebody says, as text: guesses while they speak, then what it was.'),
  z
    .object({
      type: z.literal('room-moved'),
      ...envelope,
      fromEpoch: epochSchema,
      reason: roomMovedReasonSchema,
    })
    .describe(
      'Its media are needed elsewhere. `worker-died`: the room has lost its media and stands again, empty, under the new ' +
        'epoch of this event: build the transports anew. `draining`: nothing is lost yet and the epoch is the old one, but ' +
        'in 3 s its server closes the room (`room-closed`, `drained`): create it on another one, and build the transports ' +
        'there.',
    ),
  z
    .object({ type: z.literal('room-closed'), ...envelope, reason: roomClosedReasonSchema })
    .describe('The room is gone, and everything in it.'),
]);
export type FeedEvent = z.infer<typeof feedEventSchema>;
export type FeedEventType = FeedEvent['type'];

/** Distributes over the union, so that each event keeps its own fields. */
type WithoutEnvelope<E> = E extends FeedEvent ? Omit<E, 'roomId' | 'epoch' | 'bootId' | 'seq' | 'at'> : never;
/** A feed event before its room numbers and dates it. */
export type RoomEvent = WithoutEnvelope<FeedEvent>;

/** `join-room`: subscribe, and say what was seen last. */
export const joinRoomRequestSchema = z.object({
  roomId: roomIdSchema,
  afterSeq: z
    .int()
    .min(0)
    .optional()
    .describe('The last `seq` this reader has; only events after it are wanted.'),
  bootId: z.string().max(128).optional().describe('The boot that `afterSeq` counts in.'),
});
export type JoinRoomRequest = z.infer<typeof joinRoomRequestSchema>;

export const leaveRoomRequestSchema = z.object({ roomId: roomIdSchema });

/** Answer to `join-room`: the missed events if they are still kept, else a snapshot. */
export const joinRoomAnswerSchema = z.union([
  z.object({
    ok: z.literal(true),
    bootId: z.string(),
    seq: z.int().min(0),
    snapshot: roomSnapshotSchema.optional(),
    missed: z.array(feedEventSchema).optional(),
  }),
  z.object({ ok: z.literal(false), error: ackErrorSchema }),
]);
export type JoinRoomAnswer = z.infer<typeof joinRoomAnswerSchema>;

/** `error`, sent to a reader whose connection is about to be closed for a reason of its own. */
export const feedErrorSchema = ackErrorSchema.describe(
  'Why the connection is closed: `unauthenticated`, the token has expired. Connect again with another one.',
);
export type FeedError = z.infer<typeof feedErrorSchema>;

/** `node-load`, sent to every connected reader: how full this server is. Not part of any room's numbering. */
export const nodeLoadSchema = z.object({
  bootId: z.string(),
  workers: z.array(workerInfoSchema),
  score: nodeSchema.shape.score,
  draining: z.boolean(),
  closesInMs: z
    .int()
    .min(0)
    .nullable()
    .optional()
    .describe(
      'Milliseconds until the rooms that are left are closed; null if it does not drain, or has no rooms left.',
    ),
});
export type NodeLoad = z.infer<typeof nodeLoadSchema>;
