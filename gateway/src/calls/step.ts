/** The unit the reducer is made of: a state on its way, with what is to be done about it. */
import type { Effect } from './events.ts';
import type { CallState } from './state.ts';

export interface Step {
  readonly state: CallState;
  readonly effects: readonly Effect[];
}

/** Applies `next` to the state of a step and adds up the effects. */
export function andThen(step: Step, next: (state: CallState) => Step): Step {
  const after = next(step.state);
  if (step.effects.length === 0) return after;
  if (after.effects.length === 0) return { state: after.state, effects: step.effects };
  return { state: after.state, effects: [...step.effects, ...after.effects] };
}

/** Nothing happened. */
export function unchanged(state: CallState): Step {
  return { state, effects: [] };
}
