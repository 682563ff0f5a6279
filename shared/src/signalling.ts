/**
 * Signalling between clients and the gateway: Socket.IO on the gateway's port, default namespace. Every request is
 * acknowledged with `{ ok: true, … }` or `{ ok: false, error }`.
 */
import { z } from 'zod';
import { callPolicySchema } from './call-policy.ts';
import {
  chatHistoryAnswerSchema,
  chatHistoryRequestSchema,
  chatMessageSchema,
  chatSendAnswerSchema,
  chatSendRequestSchema,
} from './chat.ts';
import { ackErrorSchema, type AckFailure } from './errors.ts';
import {
  floorAnswerSchema,
  floorDeniedSchema,
  floorGrantedSchema,
  floorIdleSchema,
  floorReleaseSchema,
  floorRequestSchema,
  floorRevokedSchema,
  floorStateSchema,
  floorTakenSchema,
} from './floor.ts';
import { callIdSchema, entityIdSchema, epochSchema, participantIdSchema, transitionIdSchema } from './ids.ts';
import {
  connectTransportAnswerSchema,
  consumeDataAnswerSchema,
  consumeDataRequestSchema,
  consumeListAnswerSchema,
  NAMES_EITHER,
  consumeFields,
  consumerSchema,
  createTransportAnswerSchema,
  createTransportRequestSchema,
  IDEMPOTENCY_KEY,
  layersSchema,
  patchConsumerRequestSchema,
  produceAnswerSchema,
  produceDataAnswerSchema,
  produceDataRequestSchema,
  produceRequestSchema,
  producerInfoSchema,
  producerDemandSchema,
  restartIceAnswerSchema,
} from './media-api.ts';
import { pausedBySchema, producerClosedReasonSchema } from './media-events.ts';
import {
  blockableSchema,
  endRequestSchema,
  lockRequestSchema,
  muteRequestSchema,
  removeRequestSchema,
} from './moderation.ts';
import { dtlsParametersSchema, toldCapabilitiesSchema } from './rtp.ts';
import { transcriptionFields } from './transcription.ts';
import { visibleText } from './visible-text.ts';

/** Where a call's media runs. */
export const modeSchema = z.enum(['p2p', 'sfu']);
export type Mode = z.infer<typeof modeSchema>;

/** The four states of a call's media. */
export const callPhaseSchema = z.enum(['p2p', 'switching_to_sfu', 'sfu', 'switching_to_p2p']);
export type CallPhase = z.infer<typeof callPhaseSchema>;

/** Why a call changes its mode. */
export const transitionReasonSchema = z.enum([
  'participants-above-limit',
  'participants-within-limit',
  'p2p-failed',
  'p2p-degraded',
  'p2p-relayed',
  'requirement',
  'policy',
  'screen-share',
  'media-server-lost',
  'media-server-draining',
]);
export type TransitionReason = z.infer<typeof transitionReasonSchema>;

/** Why a transition was given up. */
export const abortReasonSchema = z.enum([
  'deadline',
  'client-failed',
  'media-server-failed',
  'participant-joined',
  'call-ended',
  /** Something else was decided meanwhile: a policy, a requirement or a screen share keeps the call where it is. */
  'superseded',
]);
export type AbortReason = z.infer<typeof abortReasonSchema>;

/** What a participant sends right now: false is muted or absent. */
export const mediaStateSchema = z.object({ audio: z.boolean(), video: z.boolean(), screen: z.boolean() });
export type MediaState = z.infer<typeof mediaStateSchema>;

export const participantSchema = z.object({
  participantId: participantIdSchema,
  userId: z.string(),
  displayName: z.string(),
  media: mediaStateSchema,
  /** False while this participant's signalling is lost and may still come back. */
  connected: z.boolean(),
  /** What a moderator does not let them send. */
  blocked: z.array(blockableSchema).optional(),
});
export type Participant = z.infer<typeof participantSchema>;

/** As in RTCConfiguration. */
export const iceServerSchema = z.object({
  urls: z.array(z.string()),
  username: z.string().optional(),
  credential: z.string().optional(),
});
export type IceServer = z.infer<typeof iceServerSchema>;

const readable = (max: number) => z.string().max(max).transform(visibleText);

/** Longest SDP accepted; a big mesh offer is about 20 KB. */
export const MAX_SDP_LENGTH = 65_536;

const transitionCommon = {
  callId: callIdSchema,
  transitionId: transitionIdSchema,
  from: modeSchema,
  /**
   * Where it goes (prepare, commit) or stays (abort: equal to `from`). From `sfu` to `sfu`: to a new room, on another
   * media server or on the same; the old one is gone or about to go.
   */
  mode: modeSchema,
};

/** `call:mode-switch`: the three phases of one transition. */
export const modeSwitchSchema = z.discriminatedUnion('phase', [
  z.object({
    phase: z.literal('prepare'),
    ...transitionCommon,
    /** The epoch that counts if it succeeds; requests for the new path carry it already. */
    epoch: epochSchema,
    reason: transitionReasonSchema,
    /** Milliseconds left until it is given up. */
    deadlineMs: z.int().min(0),
    /** Whose arrival or departure started it. */
    initiator: participantIdSchema.optional(),
    /** Towards the SFU: what it supports. */
    rtpCapabilities: toldCapabilitiesSchema.optional(),
    /** Towards P2P. */
    iceServers: z.array(iceServerSchema).optional(),
  }),
  z.object({
    phase: z.literal('commit'),
    ...transitionCommon,
    epoch: epochSchema,
    reason: transitionReasonSchema,
    deadlineMs: z.literal(0),
  }),
  z.object({
    phase: z.literal('abort'),
    ...transitionCommon,
    epoch: epochSchema,
    reason: abortReasonSchema,
    deadlineMs: z.literal(0),
  }),
]);
export type ModeSwitch = z.infer<typeof modeSwitchSchema>;
export type ModeSwitchPrepare = Extract<ModeSwitch, { phase: 'prepare' }>;

const resumeSchema = z.object({ participantId: participantIdSchema, sessionId: z.string().max(128) });

export const joinRequestSchema = z.object({
  callId: callIdSchema,
  displayName: readable(64).optional(),
  clientInfo: z
    .object({ sdk: z.string().max(64).optional(), browser: z.string().max(256).optional() })
    .optional(),
  /** What this participant is about to send. */
  media: mediaStateSchema.default({ audio: false, video: false, screen: false }),
  /** The session of a lost connection: its participant is kept instead of a new one made. */
  resume: resumeSchema.optional(),
  /** Whether the answer is to come with a transport to send and one to receive, if there is a room. */
  transports: z.boolean().optional(),
});
/** The epoch of the room that something is in: while a call moves from room to room there are two. */
const ofRoom = { epoch: epochSchema.optional() };
export const sfuInfoSchema = z.object({
  /**
   * Of the room these capabilities are of: the answer's `epoch`, or that of the switch under way. If the mode is `sfu` and
   * there is no room of the answer's epoch, the call's room is lost, and only what the switch builds will carry media.
   */
  ...ofRoom,
  rtpCapabilities: toldCapabilitiesSchema,
  /** In all rooms there are. Of a client's own ones it counts what of them is wanted. */
  producers: z.array(producerInfoSchema.extend({ ...ofRoom, ...producerDemandSchema.partial().shape })),
  /** As `media:create-transport` answers, if the join asked for them and there is one room. */
  transports: z.object({ send: createTransportAnswerSchema, recv: createTransportAnswerSchema }).optional(),
});
export const joinAnswerSchema = z.object({
  participantId: participantIdSchema,
  /** Proof for `resume`; secret to this client. */
  sessionId: z.string(),
  mode: modeSchema,
  epoch: epochSchema,
  /** Everyone in the call, this participant included. */
  participants: z.array(participantSchema),
  iceServers: z.array(iceServerSchema),
  /** Present when there is a room: in mode `sfu` unless it is lost, and while switching. */
  sfu: sfuInfoSchema.optional(),
  /** Present when a room stands ready, see `call:standby`. */
  standby: sfuInfoSchema.optional(),
  /** Present when a switch is under way: as if `call:mode-switch` with phase `prepare` had just come. */
  transition: modeSwitchSchema.options[0].optional(),
  policy: z.object({
    /** Up to this many participants the call is peer-to-peer. */
    p2pMaxParticipants: z.int(),
    /** Milliseconds a call stays on the SFU after it became small enough for P2P. */
    backToP2pDelayMs: z.int(),
    /** Milliseconds a mode switch may take. */
    switchTimeoutMs: z.int(),
  }),
  /** Whether nobody new can join. */
  locked: z.boolean().optional(),
  /** Present in a call of push-to-talk: only who has the floor is heard. */
  floor: floorStateSchema.optional(),
});
export type JoinRequest = z.input<typeof joinRequestSchema>;
export type JoinAnswer = z.infer<typeof joinAnswerSchema>;

const descriptionSchema = z.object({
  type: z.enum(['offer', 'answer', 'pranswer', 'rollback']),
  sdp: z.string().max(MAX_SDP_LENGTH).optional(),
});
const candidateSchema = z.object({
  candidate: z.string().max(1024),
  sdpMid: z.string().max(64).nullable().optional(),
  sdpMLineIndex: z.int().min(0).max(1024).nullable().optional(),
  usernameFragment: z.string().max(256).nullable().optional(),
});
const signalBody = {
  /** The epoch the P2P path belongs to: the current one, or the one being prepared. */
  epoch: epochSchema,
  /** The transition that builds this path, so that what a given-up attempt left on the wire is told apart. */
  transitionId: transitionIdSchema.optional(),
  description: descriptionSchema.optional(),
  /** `null` tells the end of candidates. */
  candidate: candidateSchema.nullable().optional(),
};
export const signalRequestSchema = z
  .object({ callId: callIdSchema, to: participantIdSchema, ...signalBody })
  .refine(({ description, candidate }) => (description === undefined) !== (candidate === undefined), {
    message: 'carries either a description or a candidate',
  });
export const signalEventSchema = z.object({ callId: callIdSchema, from: participantIdSchema, ...signalBody });
export type SignalRequest = z.infer<typeof signalRequestSchema>;
export type SignalEvent = z.infer<typeof signalEventSchema>;

export const modeSwitchedRequestSchema = z.object({
  callId: callIdSchema,
  transitionId: transitionIdSchema,
  success: z.boolean(),
  /** Why it failed; for the log and the record. */
  reason: readable(200).optional(),
  /** Sent once more after the commit: what the switch cost this client. */
  measured: z
    .object({
      /** Longest time between two decoded frames around the swap, milliseconds. */
      gapMs: z.number().min(0).max(600_000),
    })
    .optional(),
});
export type ModeSwitchedRequest = z.infer<typeof modeSwitchedRequestSchema>;

export const pathRequestSchema = z.object({
  callId: callIdSchema,
  with: participantIdSchema,
  state: z.enum(['connected', 'degraded', 'failed']),
  rttMs: z.number().min(0).max(600_000).optional(),
  relayed: z.boolean().optional(),
});
export type PathRequest = z.infer<typeof pathRequestSchema>;

export const updateRequestSchema = z.object({ callId: callIdSchema, media: mediaStateSchema });
export type UpdateRequest = z.infer<typeof updateRequestSchema>;

const inCall = { callId: callIdSchema, epoch: epochSchema };
const transportRef = { ...inCall, transportId: entityIdSchema };
const consumerRef = z.object({ ...inCall, consumerId: entityIdSchema });
const producerRef = z.object({ ...inCall, producerId: entityIdSchema });
const nothing = z.object({});
/** Shorter than in the REST API: the gateway puts the participant before it. */
const idempotencyKeySchema = z
  .string()
  .regex(IDEMPOTENCY_KEY)
  .max(128)
  .optional()
  .describe(
    'For a request that is repeated because no answer came: with the same key and contents by the same participant it is carried out once, and answered the same.',
  );

/** Every client request: its payload and what its acknowledgement carries besides `ok`. */
export const clientRequests = {
  'call:join': { request: joinRequestSchema, answer: joinAnswerSchema },
  'call:leave': { request: z.object({ callId: callIdSchema }), answer: nothing },
  'call:update': { request: updateRequestSchema, answer: nothing },
  'call:signal': { request: signalRequestSchema, answer: nothing },
  'call:mode-switched': { request: modeSwitchedRequestSchema, answer: nothing },
  'call:path': { request: pathRequestSchema, answer: nothing },
  'media:create-transport': {
    request: createTransportRequestSchema.omit({ participantId: true }).extend(inCall).strip(),
    answer: createTransportAnswerSchema,
  },
  'media:connect-transport': {
    request: z.object({ ...transportRef, dtlsParameters: dtlsParametersSchema }),
    answer: connectTransportAnswerSchema,
  },
  'media:restart-ice': { request: z.object(transportRef), answer: restartIceAnswerSchema },
  'media:produce': {
    request: produceRequestSchema.extend({ ...transportRef, idempotencyKey: idempotencyKeySchema }).strip(),
    answer: produceAnswerSchema,
  },
  'media:consume': {
    request: z.object({ ...transportRef, ...consumeFields }).refine(...NAMES_EITHER),
    answer: z.union([consumeListAnswerSchema, consumerSchema]),
  },
  'media:produce-data': {
    request: produceDataRequestSchema.extend(transportRef).strip(),
    answer: produceDataAnswerSchema,
  },
  'media:consume-data': {
    request: consumeDataRequestSchema.extend(inCall).strip(),
    answer: consumeDataAnswerSchema,
  },
  'media:set-layers': {
    request: z
      .object({
        ...consumerRef.shape,
        preferredLayers: layersSchema.optional(),
        priority: patchConsumerRequestSchema.shape.priority,
      })
      .refine(({ preferredLayers, priority }) => preferredLayers !== undefined || priority !== undefined, {
        message: 'names neither preferredLayers nor priority',
      }),
    answer: nothing,
  },
  'media:resume-consumer': { request: consumerRef, answer: nothing },
  'media:pause-consumer': { request: consumerRef, answer: nothing },
  'media:pause-producer': { request: producerRef, answer: nothing },
  'media:resume-producer': { request: producerRef, answer: nothing },
  'media:close-producer': { request: producerRef, answer: nothing },
  'chat:send': { request: chatSendRequestSchema, answer: chatSendAnswerSchema },
  'chat:history': { request: chatHistoryRequestSchema, answer: chatHistoryAnswerSchema },
  'floor:request': { request: floorRequestSchema, answer: floorAnswerSchema },
  'floor:release': { request: floorReleaseSchema, answer: floorAnswerSchema },
  'moderate:mute': { request: muteRequestSchema, answer: nothing },
  'moderate:remove': { request: removeRequestSchema, answer: nothing },
  'moderate:lock': { request: lockRequestSchema, answer: nothing },
  'moderate:end': { request: endRequestSchema, answer: nothing },
} as const satisfies Record<string, { request: z.ZodType; answer: z.ZodType }>;

export type ClientRequestName = keyof typeof clientRequests;
export type ClientRequest<N extends ClientRequestName> = z.input<(typeof clientRequests)[N]['request']>;
/** A request after parsing: defaults filled in. */
export type ParsedRequest<N extends ClientRequestName> = z.output<(typeof clientRequests)[N]['request']>;
export type ClientAnswer<N extends ClientRequestName> = z.infer<(typeof clientRequests)[N]['answer']>;
/** What an acknowledgement carries. */
export type Ack<T> = ({ ok: true } & T) | AckFailure;

export const clientRequestNames = Object.keys(clientRequests) as ClientRequestName[];

/** How long a client waits for an acknowledgement, milliseconds. */
export const ACK_TIMEOUT_MS = 5_000;

/** Everything the gateway sends to a client unasked. */
export const serverEvents = {
  'call:participant-joined': z.object({ callId: callIdSchema, participant: participantSchema }),
  'call:participant-left': z.object({
    callId: callIdSchema,
    participantId: participantIdSchema,
    reason: z.enum(['left', 'connection-lost', 'replaced', 'removed']),
  }),
  'call:participant-updated': z.object({ callId: callIdSchema, participant: participantSchema }),
  'call:signal': signalEventSchema,
  'call:mode-switch': modeSwitchSchema,
  /**
   * A room stands ready beside a peer-to-peer call; null: none does any more. Whoever wants connects to it ahead, with
   * requests that carry its epoch: produces, consumes, and lets nothing flow. A switch of that epoch leads there.
   */
  'call:standby': z.object({
    callId: callIdSchema,
    standby: z.object({ epoch: epochSchema, rtpCapabilities: toldCapabilitiesSchema }).nullable(),
  }),
  'new-producer': z.object({ callId: callIdSchema, ...ofRoom, ...producerInfoSchema.shape }),
  'producer-closed': z.object({
    callId: callIdSchema,
    producerId: entityIdSchema,
    participantId: participantIdSchema,
    reason: producerClosedReasonSchema,
  }),
  /** `by: 'server'`, for want of receivers, is told to who sends it only. */
  'producer-paused': z.object({
    callId: callIdSchema,
    producerId: entityIdSchema,
    participantId: participantIdSchema,
    by: pausedBySchema.default('owner'),
  }),
  'producer-resumed': z.object({
    callId: callIdSchema,
    producerId: entityIdSchema,
    participantId: participantIdSchema,
    by: pausedBySchema.default('owner'),
  }),
  /** To who sends it only: the larger sizes nobody wants. */
  'producer-wanted-layers': z.object({
    callId: callIdSchema,
    producerId: entityIdSchema,
    participantId: participantIdSchema,
    spatialLayer: z.int().min(0).max(7),
  }),
  'consumer-closed': z.object({
    callId: callIdSchema,
    consumerId: entityIdSchema,
    producerId: entityIdSchema,
    participantId: participantIdSchema,
  }),
  /** To everyone in the call, whoever sent it included. */
  'chat:message': chatMessageSchema,
  'floor:granted': floorGrantedSchema,
  'floor:taken': floorTakenSchema,
  'floor:idle': floorIdleSchema,
  'floor:denied': floorDeniedSchema,
  'floor:revoked': floorRevokedSchema,
  /** What holds for the call as a whole has changed. */
  'call:updated': z.object({ callId: callIdSchema, locked: z.boolean(), policy: callPolicySchema }),
  'active-speaker': z.object({
    callId: callIdSchema,
    /** Null: nobody speaks. */
    participantId: participantIdSchema.nullable(),
    producerId: entityIdSchema.nullable(),
  }),
  'audio-levels': z.object({
    callId: callIdSchema,
    /** dBov, -127 (silence) to 0. */
    levels: z.array(z.object({ participantId: participantIdSchema, dbov: z.number() })),
  }),
  /** What somebody says, as text: to everyone in the call, whoever says it included. */
  'call:transcription': z.object({ callId: callIdSchema, ...transcriptionFields }),
  /** Another size or frame rate is sent to one of this participant's consumers; null: nothing, for want of bandwidth. */
  'consumer-layers-changed': z.object({
    callId: callIdSchema,
    consumerId: entityIdSchema,
    producerId: entityIdSchema,
    layers: layersSchema.nullable(),
  }),
  /** How well one of this participant's consumers is received, 0 to 10. */
  'consumer-score': z.object({
    callId: callIdSchema,
    consumerId: entityIdSchema,
    producerId: entityIdSchema,
    score: z.number(),
    producerScore: z.number(),
  }),
  /** `removed` goes to the one who was removed only; the message is the moderator's. */
  'call:ended': z.object({
    callId: callIdSchema,
    reason: z.enum(['ended', 'removed', 'shutting-down']),
    message: z.string().optional(),
  }),
  /**
   * This connection is about to be closed by the gateway: `unauthenticated`, its token has expired (come back with a
   * fresh one, and resume); `rate-limited`, it went on asking.
   */
  'connection:closing': z.object({ error: ackErrorSchema }),
  /** The same session, or the same user, joined elsewhere; this socket is out. */
  'session:replaced': z.object({ callId: callIdSchema }),
} as const satisfies Record<string, z.ZodType>;

export type ServerEventName = keyof typeof serverEvents;
export type ServerEvent<N extends ServerEventName> = z.infer<(typeof serverEvents)[N]>;

/** The negative acknowledgement as a schema, for the documents. */
export const ackFailureSchema = z.object({ ok: z.literal(false), error: ackErrorSchema });
