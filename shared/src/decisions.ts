/** What the gateway decided about a call's mode, and why. */
import { z } from 'zod';
import { callIdSchema, epochSchema } from './ids.ts';
import { callPhaseSchema, modeSchema } from './signalling.ts';

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
