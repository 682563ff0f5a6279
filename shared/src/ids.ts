/** Identifiers on the wire. */
import { z } from 'zod';

/**
 * A call's id, and the id of its room on a media server (they are the same): 1-128 characters of
 * `A-Z a-z 0-9 _ . : -`.
 */
export const callIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'must be 1-128 characters of A-Z a-z 0-9 _ . : -');

/** A room's id: the id of its call. */
export const roomIdSchema = callIdSchema.describe('The id of a room: that of its call.');

/** One person's one session in a call. Chosen by the gateway. */
export const participantIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,128}$/, 'must be 1-128 characters of A-Z a-z 0-9 _ . : -')
  .describe("One person's one session in a call. Chosen by the caller.");

/** The id of a transport, producer or consumer. Chosen by the media server (a UUID). */
export const entityIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be an id this server gave out')
  .describe('Chosen by the media server (a UUID).');

/** The id of one attempt to change mode or place. Chosen by the gateway. */
export const transitionIdSchema = z.string().regex(/^[A-Za-z0-9_.:-]{1,160}$/, 'must be a transition id');

/** Grows by one at every committed change of where a call's media runs. */
export const epochSchema = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .describe("Grows by one at every committed change of where a call's media runs.");

export type CallId = z.infer<typeof callIdSchema>;
export type RoomId = z.infer<typeof roomIdSchema>;
export type ParticipantId = z.infer<typeof participantIdSchema>;
export type TransitionId = z.infer<typeof transitionIdSchema>;
