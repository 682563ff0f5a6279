/**
 * Push-to-talk signalling over a plain WebSocket (`/ws` of the gateway), for radios and light clients: one JSON object a
 * frame, `{ type, id?, data }`. A channel is a call under the same id, so who is here hears and is heard by those on
 * Socket.IO.
 */
import { z } from 'zod';
import { ackErrorSchema } from './errors.ts';
import {
  floorAnswerSchema,
  floorDenialSchema,
  floorFenceSchema,
  floorPrioritySchema,
  floorRevocationSchema,
  floorStateSchema,
} from './floor.ts';
import { callIdSchema, entityIdSchema, epochSchema, participantIdSchema } from './ids.ts';
import {
  connectTransportAnswerSchema,
  consumeListAnswerSchema,
  NAMES_EITHER,
  consumeFields,
  consumerSchema,
  createTransportAnswerSchema,
  produceAnswerSchema,
  producerInfoSchema,
} from './media-api.ts';
import { dtlsParametersSchema, rtpParametersSchema, toldCapabilitiesSchema } from './rtp.ts';
import { iceServerSchema, joinRequestSchema } from './signalling.ts';

/** The subprotocol; a browser, which can set no header, offers it together with `bearer.<token>`. */
export const PTT_SUBPROTOCOL = 'crossfade';

/** Largest frame a client may send, bytes: media requests carry lists of codecs. */
export const MAX_PTT_FRAME_BYTES = 64 * 1024;

/** What a client chooses to tell the answer to a request by. */
export const pttIdSchema = z.union([z.string().min(1).max(64), z.int()]);
export type PttId = z.infer<typeof pttIdSchema>;

/** What a frame is, before it is known what it asks for. */
export const pttFrameSchema = z.object({
  type: z.string().max(64),
  id: pttIdSchema.optional(),
  data: z.unknown().optional(),
});

const inChannel = { channelId: callIdSchema };
const overTransport = { ...inChannel, transportId: entityIdSchema };

export const channelMemberSchema = z.object({
  participantId: participantIdSchema,
  displayName: z.string(),
  /** False while this member's signalling is lost and may still come back. */
  connected: z.boolean(),
});

/** Where the media of a channel runs. */
export const channelMediaSchema = z.object({
  /**
   * Of the room. When it is another than before, the room is another one: whatever a client has built is gone or about to
   * go, and it makes its transports, producers and consumers anew.
   */
  epoch: epochSchema,
  rtpCapabilities: toldCapabilitiesSchema,
  /** All there is to receive; a client's own are among them. */
  producers: z.array(producerInfoSchema),
});

/** A channel as it is now: each one replaces what was told before. */
export const channelStateSchema = z.object({
  ...inChannel,
  members: z.array(channelMemberSchema),
  /** Null: there is no media server at the moment; what was built is gone. */
  media: channelMediaSchema.nullable(),
  /** Null: everyone may speak. */
  floor: floorStateSchema.pick({ holder: true, fence: true, queued: true }).nullable(),
  /** Whether nobody new can join. */
  locked: z.boolean(),
});
export type ChannelState = z.infer<typeof channelStateSchema>;

const done = z.object({});

/** What a client asks for: `data` of the request, and of the answer, which has the same type and id. */
export const pttRequests = {
  join_channel: {
    request: z.object({
      ...inChannel,
      displayName: joinRequestSchema.shape.displayName,
      clientInfo: joinRequestSchema.shape.clientInfo,
      /** The session of a lost connection: its participant is kept instead of a new one made. */
      resume: joinRequestSchema.shape.resume,
    }),
    answer: z.object({
      ...inChannel,
      participantId: participantIdSchema,
      /** Proof for `resume`; secret to this client. */
      sessionId: z.string(),
      iceServers: z.array(iceServerSchema),
      state: channelStateSchema,
    }),
  },
  leave_channel: { request: z.object(inChannel), answer: done },
  channel_state: { request: z.object(inChannel), answer: channelStateSchema },
  get_router_capabilities: {
    request: z.object(inChannel),
    answer: z.object({ epoch: epochSchema, rtpCapabilities: toldCapabilitiesSchema }),
  },
  create_transport: {
    request: z.object({
      ...inChannel,
      direction: z.enum(['send', 'recv']),
      /** Offer only TCP candidates: for networks that block UDP. */
      forceTcp: z.boolean().default(false),
    }),
    /** With the epoch of the room it is in. */
    answer: createTransportAnswerSchema.omit({ sctpParameters: true }).extend({ epoch: epochSchema }),
  },
  connect_transport: {
    request: z.object({ ...overTransport, dtlsParameters: dtlsParametersSchema }),
    answer: connectTransportAnswerSchema,
  },
  produce: {
    request: z.object({
      ...overTransport,
      kind: z.literal('audio').default('audio'),
      rtpParameters: rtpParametersSchema,
    }),
    answer: produceAnswerSchema,
  },
  /** What is consumed flows at once: there is nothing to resume. */
  consume: {
    request: z.object({ ...overTransport, ...consumeFields }).refine(...NAMES_EITHER),
    answer: z.union([consumeListAnswerSchema, consumerSchema]),
  },
  ptt_start: {
    request: z.object({
      ...inChannel,
      /** At most what the token grants. */
      priority: floorPrioritySchema.optional(),
      /** Whether to wait while somebody else speaks; false: granted at once or denied. */
      queue: z.boolean().optional(),
    }),
    /** Granted, or waiting. Who may not even wait is answered `ptt_denied`. */
    answer: floorAnswerSchema.omit({ denied: true, retryAfterMs: true }).extend(inChannel),
  },
  ptt_stop: {
    request: z.object({
      ...inChannel,
      /** Releases that grant only; absent: whichever there is, and the place among those who wait. */
      fence: floorFenceSchema.optional(),
    }),
    answer: done,
  },
} as const satisfies Record<string, { request: z.ZodType; answer: z.ZodType }>;

export type PttRequestName = keyof typeof pttRequests;
export type PttRequest<N extends PttRequestName> = z.output<(typeof pttRequests)[N]['request']>;
export type PttAnswer<N extends PttRequestName> = z.infer<(typeof pttRequests)[N]['answer']>;

/** Why somebody may not speak: of a request that was refused, of one that waited, or of a grant that was taken back. */
export const pttDenialSchema = z.object({
  ...inChannel,
  reason: z.union([floorDenialSchema, floorRevocationSchema]),
  /** Milliseconds until it may be asked again. */
  retryAfterMs: z.int().min(0).optional(),
});
export type PttDenial = z.infer<typeof pttDenialSchema>;

/** What the gateway sends unasked. */
export const pttEvents = {
  /** After anything has changed, at most ten times a second. */
  channel_state: channelStateSchema,
  /** The connection is out of the channel, for good. */
  leave_channel: z.object({
    ...inChannel,
    /** `replaced`: the session went on at another connection. */
    reason: z.enum(['ended', 'removed', 'replaced', 'shutting-down']),
    /** The moderator's. */
    message: z.string().optional(),
  }),
  /** Somebody else has the floor now, or nobody. */
  speaker_changed: z.object({
    ...inChannel,
    /** Null: nobody speaks. */
    participantId: participantIdSchema.nullable(),
    /** Number of the grant, or of the last one; 0: there was none. */
    fence: floorStateSchema.shape.fence,
    /** To whoever may speak now: milliseconds that are left. */
    remainingMs: z.int().min(0).optional(),
  }),
  ptt_denied: pttDenialSchema,
  /** Of something that was no request, or of the connection, which is closed after it. */
  error: ackErrorSchema,
} as const satisfies Record<string, z.ZodType>;

export type PttEventName = keyof typeof pttEvents;
export type PttEvent<N extends PttEventName> = z.infer<(typeof pttEvents)[N]>;

/** `ping` is answered with `pong`, with the same `id` and `data`. */
export const pttPingSchema = z.object({
  type: z.enum(['ping', 'pong']),
  ...pttFrameSchema.omit({ type: true }).shape,
});

export const pttRequestNames = Object.keys(pttRequests) as PttRequestName[];
