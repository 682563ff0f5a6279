/** The media server's event feed: Socket.IO namespace `/feed`. */
import { z } from 'zod';
import { entityIdSchema, epochSchema, participantIdSchema, roomIdSchema } from './ids.ts';
import { producerInfoSchema, roomSnapshotSchema } from './media-api.ts';
import { ackErrorSchema } from './errors.ts';

export const FEED_NAMESPACE = '/feed';

const envelope = {
  roomId: roomIdSchema,
  epoch: epochSchema,
  bootId: z.string(),
  /** Grows by exactly one per event of a room. */
  seq: z.int().min(1),
  /** When it happened, ISO 8601. */
  at: z.iso.datetime(),
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
export const roomClosedReasonSchema = z.enum(['deleted', 'worker-died', 'shutting-down', 'empty']);

const producerRef = { producerId: entityIdSchema, participantId: participantIdSchema };

export const feedEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('new-producer'), ...envelope, ...producerInfoSchema.shape }),
  z.object({
    type: z.literal('producer-closed'),
    ...envelope,
    ...producerRef,
    reason: producerClosedReasonSchema,
  }),
  z.object({
    type: z.literal('producer-paused'),
    ...envelope,
    ...producerRef,
    by: z.enum(['owner', 'server']),
  }),
  z.object({
    type: z.literal('producer-resumed'),
    ...envelope,
    ...producerRef,
    by: z.enum(['owner', 'server']),
  }),
  z.object({
    type: z.literal('consumer-closed'),
    ...envelope,
    consumerId: entityIdSchema,
    producerId: entityIdSchema,
    participantId: participantIdSchema,
    reason: consumerClosedReasonSchema,
  }),
  z.object({
    type: z.literal('transport-state'),
    ...envelope,
    transportId: entityIdSchema,
    participantId: participantIdSchema,
    ice: z.enum(['new', 'connected', 'completed', 'disconnected', 'closed']),
    dtls: z.enum(['new', 'connecting', 'connected', 'failed', 'closed']),
  }),
  z.object({
    type: z.literal('participant-left'),
    ...envelope,
    participantId: participantIdSchema,
    reason: z.string(),
  }),
  z.object({ type: z.literal('room-closed'), ...envelope, reason: roomClosedReasonSchema }),
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
  /** The last `seq` this reader has; only events after it are wanted. */
  afterSeq: z.int().min(0).optional(),
  /** The boot that `afterSeq` counts in. */
  bootId: z.string().max(128).optional(),
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
