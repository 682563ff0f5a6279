/** The gateway's REST API. */
import { z } from 'zod';
import { callPolicyChangeSchema, callPolicySchema } from './call-policy.ts';
import { callIdSchema, entityIdSchema, epochSchema, participantIdSchema } from './ids.ts';
import {
  abortReasonSchema,
  callPhaseSchema,
  modeSchema,
  participantSchema,
  transitionReasonSchema,
} from './signalling.ts';

/** One attempt to change a call's mode, as recorded. */
export const transitionRecordSchema = z.object({
  transitionId: z.string(),
  from: modeSchema,
  to: modeSchema,
  reason: transitionReasonSchema,
  initiator: participantIdSchema.nullable(),
  /** The epoch it aimed for. */
  epoch: epochSchema,
  startedAt: z.iso.datetime(),
  /** From the trigger to commit or abort, milliseconds; null while under way. */
  durationMs: z.number().nullable(),
  outcome: z.enum(['under-way', 'committed', 'aborted']),
  abortReason: abortReasonSchema.nullable(),
  /** The room on the media server, when one was involved. */
  sfuRoomId: z.string().nullable(),
  /** What the media server offered; null when none was involved. */
  rtpCapabilities: z.unknown(),
  /** Longest gap between decoded frames that a client measured, milliseconds. */
  maxGapMs: z.number().nullable(),
});
export type TransitionRecord = z.infer<typeof transitionRecordSchema>;

/** One connection of a participant to a gateway. */
export const sessionRecordSchema = z.object({
  connectionId: z.string(),
  /** Of the process it was connected to. */
  gatewayId: z.string(),
  connectedAt: z.iso.datetime(),
  disconnectedAt: z.iso.datetime().nullable(),
  /** Why it ended: `connection-lost`, `replaced`, or why the participant left. */
  reason: z.string().nullable(),
  /** What the client said of itself. */
  clientInfo: z.object({ sdk: z.string().optional(), browser: z.string().optional() }).nullable(),
});
export type SessionRecord = z.infer<typeof sessionRecordSchema>;

export const participantRecordSchema = z.object({
  participantId: participantIdSchema,
  userId: z.string(),
  displayName: z.string(),
  joinedAt: z.iso.datetime(),
  leftAt: z.iso.datetime().nullable(),
  leaveReason: z.string().nullable(),
  /** Oldest first, as the two that follow. */
  sessions: z.array(sessionRecordSchema),
  /** What was made on media servers for this participant. */
  transports: z.array(
    z.object({
      transportId: entityIdSchema,
      direction: z.enum(['send', 'recv']),
      createdAt: z.iso.datetime(),
    }),
  ),
  producers: z.array(
    z.object({
      producerId: entityIdSchema,
      transportId: entityIdSchema,
      kind: z.enum(['audio', 'video']),
      source: z.string(),
      createdAt: z.iso.datetime(),
    }),
  ),
});

const callSummary = {
  callId: callIdSchema,
  /** Tells apart the calls that used one id one after the other. */
  recordId: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  /** Most participants at one time. */
  peakParticipants: z.int(),
};

/** The moments that databases and dates in JSON have in common: the years 1 to 9999, milliseconds since 1970. */
export const MOMENTS_MS = {
  first: Date.parse('0001-01-01T00:00:00.000Z'),
  last: Date.parse('9999-12-31T23:59:59.999Z'),
} as const;

const momentSchema = z.iso.datetime({ offset: true }).refine((text) => {
  const at = Date.parse(text);
  return at >= MOMENTS_MS.first && at <= MOMENTS_MS.last;
}, 'must be in the years 1 to 9999');

/** `GET /api/calls?limit&cursor&from&to&userId` */
export const listCallsQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(256).optional(),
  /** Only calls that started then or later. */
  from: momentSchema.optional(),
  /** Only calls that started before. */
  to: momentSchema.optional(),
  /** Only calls that this user was in. */
  userId: z.string().min(1).max(128).optional(),
});
export type ListCallsQuery = z.infer<typeof listCallsQuerySchema>;
export const listCallsAnswerSchema = z.object({
  calls: z.array(z.object(callSummary)),
  nextCursor: z.string().nullable(),
});
export type ListCallsAnswer = z.infer<typeof listCallsAnswerSchema>;

/** `GET /api/calls/:id`: the newest call of this id. */
export const callAnswerSchema = z.object({
  ...callSummary,
  /** Null once it has ended. */
  live: z
    .object({
      phase: callPhaseSchema,
      mode: modeSchema,
      epoch: epochSchema,
      participants: z.array(participantSchema),
    })
    .nullable(),
  participants: z.array(participantRecordSchema),
  transitions: z.array(transitionRecordSchema),
});
export type CallAnswer = z.infer<typeof callAnswerSchema>;

/** One media server as a gateway sees it. */
export const mediaServerViewSchema = z.object({
  /** Its base address. */
  url: z.string(),
  state: z
    .enum(['unknown', 'healthy', 'suspect', 'dead'])
    .describe('`suspect` gets no new calls; the calls of one that is `dead` move.'),
  /** Since when it is suspect or dead. */
  since: z.iso.datetime().nullable(),
  /** What speaks against it. */
  evidence: z.string().nullable(),
  region: z.string().nullable(),
  bootId: z.string().nullable().describe('Changes with every start of it.'),
  load: z.number().min(0).nullable().describe('0 idle, 1 full; from 0.8 on it takes no new calls.'),
  draining: z.boolean(),
  leaving: z.boolean().describe('Not configured or not in DNS any more; it only keeps the calls it has.'),
  refusing: z.boolean().describe('It has refused a room for want of capacity a moment ago.'),
  feed: z.enum(['connected', 'cut']),
  circuit: z.enum(['closed', 'open', 'half-open']).describe('`open`: requests to it are not even tried.'),
  rooms: z.int().min(0).describe("Rooms of this gateway's calls."),
});

/** `GET /api/media-servers` */
export const mediaServersAnswerSchema = z.object({ mediaServers: z.array(mediaServerViewSchema) });
export type MediaServersAnswer = z.infer<typeof mediaServersAnswerSchema>;
/** Body of `PATCH /api/calls/:id`. */
export const patchCallRequestSchema = z.strictObject({ policy: callPolicyChangeSchema });
export const patchCallAnswerSchema = z.object({
  callId: callIdSchema,
  /** Whether nobody new can join. */
  locked: z.boolean(),
  /** What holds now, where it differs from what is set for all calls. */
  policy: callPolicySchema,
});
export type PatchCallAnswer = z.infer<typeof patchCallAnswerSchema>;
