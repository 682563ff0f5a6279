/** What somebody with the `moderate` grant may do to others in a call. */
import { z } from 'zod';
import { callIdSchema, participantIdSchema } from './ids.ts';
import { visibleText } from './visible-text.ts';

/** A kind of media that can be taken from a participant. */
export const blockableSchema = z.enum(['audio', 'video', 'screen']);
export type Blockable = z.infer<typeof blockableSchema>;

export const muteRequestSchema = z.object({
  callId: callIdSchema,
  participantId: participantIdSchema,
  kind: blockableSchema.default('audio'),
  /** While true the participant cannot send that kind: the media server holds it back; false gives it back. */
  muted: z.boolean().default(true),
});
export const removeRequestSchema = z.object({
  callId: callIdSchema,
  participantId: participantIdSchema,
  /** Shown to whoever is removed. */
  reason: z.string().max(200).transform(visibleText).optional(),
});
export const lockRequestSchema = z.object({
  callId: callIdSchema,
  /** While true nobody new can join; who is in may come back. */
  locked: z.boolean().default(true),
});
export const endRequestSchema = z.object({ callId: callIdSchema });
