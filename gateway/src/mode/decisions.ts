/** The decisions on a call's mode that can be read later: each with its inputs and the rule that fired. */
import type { Decision } from '@crossfade/shared/decisions';
import type { CallPhase } from '@crossfade/shared/signalling';
import { explain, type ModeDecision, type ModeInputs } from './select.ts';

/** How many are kept per call. */
const KEPT = 50;

/** Adds a decision if it differs from the last one. */
export function remember(
  call: {
    decisions: readonly Decision[];
    epoch: number;
    media: { phase: CallPhase };
    retry: { noServer: boolean } | null;
  },
  { target, rule }: ModeDecision,
  inputs: ModeInputs,
  now: number,
): readonly Decision[] {
  const last = call.decisions.at(-1);
  if (last?.rule === rule && last.target === target && last.inputs['participants'] === inputs.participants) {
    return call.decisions;
  }
  const decision: Decision = {
    at: new Date(now).toISOString(),
    epoch: call.epoch,
    phase: call.media.phase,
    target,
    rule,
    inputs: explain(inputs, call.retry?.noServer ?? false),
  };
  return [...call.decisions, decision].slice(-KEPT);
}
