/**
 * The floor: who may speak in a call of which the policy requires `push-to-talk`. One participant has it at a time. The
 * words and rules are those of mission-critical push-to-talk (3GPP TS 24.380, clause 6.3) as far as they make sense here.
 */
import { z } from 'zod';
import { callIdSchema, participantIdSchema } from './ids.ts';

/** The highest of the floor priorities (TS 24.380, 8.2.3.2: 0 is the lowest, 255 the highest). */
export const MAX_FLOOR_PRIORITY = 255;

export const floorPrioritySchema = z
  .int()
  .min(0)
  .max(MAX_FLOOR_PRIORITY)
  .describe('Of a request for the floor: 0 is the lowest, 255 the highest.');

/** A number of one grant: of two grants under one call id the later one has the higher number, whatever was lost meanwhile. */
export const floorFenceSchema = z
  .int()
  .min(1)
  .max(Number.MAX_SAFE_INTEGER)
  .describe('Number of a grant; a later grant under the same call id has a higher one.');

/** Why a request is not granted and does not wait. */
export const floorDenialSchema = z.enum([
  /** Somebody speaks, and the request was not to wait (`queue: false`). */
  'taken',
  /** As many wait as may. */
  'queue-full',
  /** Has just lost the floor for speaking too long, and may not ask again before `retryAfterMs`. */
  'retry-after',
  /** Waited, and may not speak any more: a moderator has taken the microphone. */
  'blocked',
  /** Waited, and the call has no floor any more. */
  'no-floor',
]);
export type FloorDenial = z.infer<typeof floorDenialSchema>;

/** Why somebody loses the floor without having released it. */
export const floorRevocationSchema = z.enum([
  /** A request of a higher priority took it. */
  'pre-empted',
  /** Has spoken as long as one may at a time. */
  'too-long',
  /** A moderator has taken the microphone. */
  'blocked',
  /** The call has no floor any more: everyone may speak. */
  'no-floor',
]);
export type FloorRevocation = z.infer<typeof floorRevocationSchema>;

export const floorRequestSchema = z.object({
  callId: callIdSchema,
  /** At most what the token grants (`grants.floorPriority`): more is lowered to that. */
  priority: floorPrioritySchema.default(0),
  /** Whether to wait while somebody else speaks; false: granted at once or denied. */
  queue: z.boolean().default(true),
});
export const floorReleaseSchema = z.object({
  callId: callIdSchema,
  /** Releases that grant only; absent: whichever there is, and the place in the queue. */
  fence: floorFenceSchema.optional(),
});

/** What the floor is for whoever asked. To ask again changes nothing but a queued request's priority. */
export const floorAnswerSchema = z.object({
  /** Whether they may speak now: their microphone flows. */
  granted: z.boolean(),
  /** Who may. */
  holder: participantIdSchema.optional(),
  /** Their place among those who wait; 1 is next. */
  queuePosition: z.int().min(1).optional(),
  /** Of the grant there is. */
  fence: floorFenceSchema.optional(),
  /** Milliseconds that are left of the grant, if it is theirs. */
  remainingMs: z.int().min(0).optional(),
  /** Why they neither speak nor wait. */
  denied: floorDenialSchema.optional(),
  /** With `retry-after`: milliseconds until they may ask again. */
  retryAfterMs: z.int().min(0).optional(),
});
export type FloorAnswer = z.infer<typeof floorAnswerSchema>;

/** The floor as whoever joins finds it. */
export const floorStateSchema = z.object({
  /** Null: nobody speaks. */
  holder: participantIdSchema.nullable(),
  /** Of the grant there is; without a holder: higher than that of every grant before, 0 if there was none. */
  fence: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  /** How many wait. */
  queued: z.int().min(0),
  /** The place of whoever joins, who waited before their connection was lost; 1 is next. */
  queuePosition: z.int().min(1).optional(),
  /** Milliseconds that are left of the grant, if it is that of whoever joins. */
  remainingMs: z.int().min(0).optional(),
});
export type FloorState = z.infer<typeof floorStateSchema>;

/** To whoever may speak now. */
export const floorGrantedSchema = z.object({
  callId: callIdSchema,
  fence: floorFenceSchema,
  /** As it counts for this grant. */
  priority: floorPrioritySchema,
  /** Milliseconds they may speak, from now on. */
  remainingMs: z.int().min(0),
});
/** To everyone else. */
export const floorTakenSchema = z.object({
  callId: callIdSchema,
  holder: participantIdSchema,
  fence: floorFenceSchema,
  priority: floorPrioritySchema,
});
/** To everyone: nobody speaks. */
export const floorIdleSchema = z.object({
  callId: callIdSchema,
  /** Higher than that of every grant before; 0: there was none. */
  fence: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
/** To whoever asked, and neither speaks nor waits. */
export const floorDeniedSchema = z.object({
  callId: callIdSchema,
  reason: floorDenialSchema,
  /** With `retry-after`: milliseconds until they may ask again. */
  retryAfterMs: z.int().min(0).optional(),
});
/** To whoever spoke: their microphone is held back on the media server. */
export const floorRevokedSchema = z.object({
  callId: callIdSchema,
  /** Of the grant that is over. */
  fence: floorFenceSchema,
  reason: floorRevocationSchema,
  /** With `too-long`: milliseconds until they may ask again. */
  retryAfterMs: z.int().min(0).optional(),
});
