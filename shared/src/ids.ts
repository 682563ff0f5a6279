/** Identifiers on the wire. */
import { z } from 'zod';

/**
 * What stands in addresses and is chosen by others: 1-128 characters of `A-Z a-z 0-9 _ . : -`. Not `.` nor `..`, which
 * clients take out of an address before they send it (RFC 3986, 5.2.4): what is named so could not be reached.
 */
const nameSchema = z
  .string()
  .regex(
    /^(?!\.{1,2}$)[A-Za-z0-9_.:-]{1,128}$/,
    'must be 1-128 characters of A-Z a-z 0-9 _ . : -, and not . or ..',
  );

/** A call's id, and the id of its room on a media server (they are the same). */
export const callIdSchema = nameSchema;

/** A room's id: the id of its call. */
export const roomIdSchema = callIdSchema.describe('The id of a room: that of its call.');

/** One person's one session in a call. Chosen by the gateway. */
export const participantIdSchema = nameSchema.describe(
  "One person's one session in a call. Chosen by the caller.",
);

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
