/** The gateway's REST API. */
import { z } from 'zod';
import { callPolicySchema } from './call-policy.ts';
import { callIdSchema, epochSchema, participantIdSchema } from './ids.ts';
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
  /** What the media server offered. */
  rtpCapabilities: z.unknown().nullable(),
  /** Longest gap between decoded frames that a client measured, milliseconds. */
  maxGapMs: z.number().nullable(),
});
export type TransitionRecord = z.infer<typeof transitionRecordSchema>;

export const participantRecordSchema = z.object({
  participantId: participantIdSchema,
  userId: z.string(),
  displayName: z.string(),
  joinedAt: z.iso.datetime(),
  leftAt: z.iso.datetime().nullable(),
  leaveReason: z.string().nullable(),
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

/** `GET /api/calls?limit&cursor` */
export const listCallsQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(256).optional(),
});
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

/** Body of `PATCH /api/calls/:id`: what is not named of the policy stays. */
export const patchCallRequestSchema = z.object({ policy: callPolicySchema });
export const patchCallAnswerSchema = z.object({
  callId: callIdSchema,
  /** Whether nobody new can join. */
  locked: z.boolean(),
  /** What holds now, where it differs from what is set for all calls. */
  policy: callPolicySchema,
});
export type PatchCallAnswer = z.infer<typeof patchCallAnswerSchema>;

/** One decision of the mode selector, with what it saw. */
export const decisionSchema = z.object({
  at: z.iso.datetime(),
  epoch: epochSchema,
  phase: callPhaseSchema,
  /** The mode that should be. */
  target: modeSchema,
  /** The rule that fired. */
  rule: z.string(),
  inputs: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
});
export type Decision = z.infer<typeof decisionSchema>;

/** `GET /api/calls/:id/decisions`, newest last. */
export const decisionsAnswerSchema = z.object({ callId: callIdSchema, decisions: z.array(decisionSchema) });
export type DecisionsAnswer = z.infer<typeof decisionsAnswerSchema>;
