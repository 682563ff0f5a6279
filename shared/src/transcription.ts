/** What speech-to-text makes of what somebody says: told by the media server, relayed by the gateway, shown as captions. */
import { z } from 'zod';
import { participantIdSchema } from './ids.ts';

/** Longest text of one piece, UTF-16 code units: some minutes of speech. */
export const MAX_TRANSCRIPT_LENGTH = 4_000;

/** Of an event; each wire adds what it is about. */
export const transcriptionFields = {
  participantId: participantIdSchema,
  text: z.string().max(MAX_TRANSCRIPT_LENGTH),
  final: z
    .boolean()
    .describe('False: a guess at what is being said, which the next one of this participant replaces.'),
  startMs: z
    .int()
    .min(0)
    .describe(
      'Where it begins, milliseconds of the sound that this participant has sent since it is transcribed.',
    ),
  endMs: z.int().min(0).describe('Where it ends, as `startMs`.'),
  language: z.string().max(35).nullable().describe('Language tag (BCP 47); null: not known.'),
};
