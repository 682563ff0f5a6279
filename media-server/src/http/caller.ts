/** On whose behalf, and under which epoch, a request acts. */
import { CodedError, parseOrThrow } from '@crossfade/shared/errors';
import { floorFenceSchema } from '@crossfade/shared/floor';
import { epochSchema, participantIdSchema } from '@crossfade/shared/ids';
import { EPOCH_HEADER, FENCE_HEADER, GRANTS_HEADER, PARTICIPANT_HEADER } from '@crossfade/shared/media-api';
import { z } from 'zod';

/** What a participant may be allowed to do with media. */
const mediaGrantSchema = z.enum(['publish', 'subscribe']);
export type MediaGrant = z.infer<typeof mediaGrantSchema>;

const headersSchema = z.object({
  [EPOCH_HEADER]: z
    .string()
    .regex(/^\d{1,16}$/, 'must be an epoch')
    .transform(Number)
    .pipe(epochSchema)
    .optional(),
  [FENCE_HEADER]: z
    .string()
    .regex(/^\d{1,16}$/, 'must be the number of a grant')
    .transform(Number)
    .pipe(floorFenceSchema)
    .optional(),
  [PARTICIPANT_HEADER]: participantIdSchema.optional(),
  [GRANTS_HEADER]: z
    .string()
    .max(64)
    .transform((text) => (text.trim() === '' ? [] : text.split(',').map((grant) => grant.trim())))
    .pipe(z.array(mediaGrantSchema))
    .optional(),
});

export interface Caller {
  /** Absent: the request is not bound to an epoch. */
  epoch: number | undefined;
  /** Absent: the request is not bound to a grant of the floor. */
  fence: number | undefined;
  /** Absent: the caller acts for itself and may touch everything in the room. */
  participantId: string | undefined;
  /** Absent: everything is granted. */
  grants: readonly MediaGrant[] | undefined;
}

/** @throws CodedError `validation-failed` */
export function callerOf(headers: Readonly<Record<string, unknown>>): Caller {
  const parsed = parseOrThrow(headersSchema, headers);
  return {
    epoch: parsed[EPOCH_HEADER],
    fence: parsed[FENCE_HEADER],
    participantId: parsed[PARTICIPANT_HEADER],
    grants: parsed[GRANTS_HEADER],
  };
}

/** @throws CodedError `participant-not-found` if the caller acts for somebody else */
export function mustActFor(participantId: string, caller: Caller): void {
  if (caller.participantId !== undefined && caller.participantId !== participantId) {
    throw new CodedError('participant-not-found');
  }
}

/** @throws CodedError `forbidden` if whoever the caller acts for may not do that */
export function mustBeGranted(grant: MediaGrant, { grants }: Caller): void {
  if (grants && !grants.includes(grant)) throw new CodedError('forbidden');
}
