/**
 * Draining, as a state: how it begins, is asked for again, and ends. Pure; `Drain` runs it.
 *
 * While it drains the server takes no new rooms, and those it has go on. Shortly before the deadline each of them is
 * told `room-moved` (reason `draining`), so that whoever owns its call can build the next place while the media still
 * flow here; at the deadline it is closed (`drained`). Until then nothing has been done that could not be taken back.
 */
import type { NodeInfo } from '@crossfade/shared/media-api';

export type DrainReason = NonNullable<NodeInfo['drain']['reason']>;

export type DrainState =
  | { readonly state: 'none' }
  | { readonly state: 'draining'; readonly reason: DrainReason; readonly deadline: number }
  /** No rooms are left, and none come. */
  | { readonly state: 'drained'; readonly reason: DrainReason; readonly deadline: number };

export const NOT_DRAINING: DrainState = { state: 'none' };

/** Milliseconds before the deadline at which the rooms are told to move. */
export const MOVE_NOTICE_MS = 3_000;

/** The reasons, the weakest first: a stronger one is not replaced by a weaker. */
const STRENGTH: readonly DrainReason[] = ['asked', 'workers-dying', 'terminating'];

/**
 * Asked to drain, perhaps not for the first time. An operator who asks again sets a new deadline, earlier or later; who
 * asks for another reason can only bring it forward.
 * @param deadline in the same milliseconds as the deadline of the state
 */
export function asked(current: DrainState, reason: DrainReason, deadline: number, rooms: number): DrainState {
  const state = rooms === 0 ? 'drained' : 'draining';
  if (current.state === 'none') return { state, reason, deadline };
  const sooner = Math.min(current.deadline, deadline);
  const again = current.reason === 'asked' && reason === 'asked';
  return { state, reason: stronger(current.reason, reason), deadline: again ? deadline : sooner };
}

/** A room was closed. */
export function afterClosing(current: DrainState, rooms: number): DrainState {
  return current.state === 'draining' && rooms === 0 ? { ...current, state: 'drained' } : current;
}

/** Whether it can be called off: a process that was told to end ends. */
export function isCancellable(current: DrainState): boolean {
  return current.state === 'none' || current.reason !== 'terminating';
}

function stronger(one: DrainReason, other: DrainReason): DrainReason {
  return STRENGTH.indexOf(one) < STRENGTH.indexOf(other) ? other : one;
}
