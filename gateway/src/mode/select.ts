/**
 * Where a call's media should run, and why. Pure.
 *
 * The rules, first match wins:
 * 0. `moderation`: a moderator does not let somebody send something, which only a media server can enforce → SFU.
 * 1. `p2p-blocked`: two or more are in the call and a peer-to-peer path failed a short while ago → SFU.
 * 2. `above-limit`: more are in the call than peer-to-peer is meant for → SFU, at once.
 * 3. `dwell`: the call is on the SFU and became small enough, but not long enough ago → stay. A page reload or a short
 *    visit then moves nothing.
 * 4. `within-limit`: → peer-to-peer.
 */
import type { Mode } from '@crossfade/shared/signalling';

export interface ModeInputs {
  /** How many are in the call, those whose signalling is briefly lost included. */
  participants: number;
  /** Up to this many are connected peer-to-peer. */
  p2pMaxParticipants: number;
  /** Where the media runs now. */
  current: Mode;
  /** Since when the call has been small enough for peer-to-peer, milliseconds since 1970; null: it is not. */
  withinLimitSince: number | null;
  /** How long it has to be before it goes back, milliseconds. */
  dwellMs: number;
  /** Until when peer-to-peer is not to be tried again; null: it may be. */
  p2pBlockedUntil: number | null;
  /** Whether somebody in the call is not allowed to send something. */
  moderated: boolean;
}

export type ModeRule = 'moderation' | 'p2p-blocked' | 'above-limit' | 'dwell' | 'within-limit';

export interface ModeDecision {
  target: Mode;
  rule: ModeRule;
  /** When the answer may change without anything happening; null: never. */
  recheckAt: number | null;
}

export function selectMode(inputs: ModeInputs, now: number): ModeDecision {
  const { participants, p2pMaxParticipants, current, withinLimitSince, dwellMs, p2pBlockedUntil } = inputs;
  if (inputs.moderated) return { target: 'sfu', rule: 'moderation', recheckAt: null };
  if (p2pBlockedUntil !== null && now < p2pBlockedUntil && participants >= 2) {
    return { target: 'sfu', rule: 'p2p-blocked', recheckAt: p2pBlockedUntil };
  }
  if (participants > p2pMaxParticipants) return { target: 'sfu', rule: 'above-limit', recheckAt: null };
  if (current === 'sfu') {
    const since = withinLimitSince ?? now;
    if (now < since + dwellMs) return { target: 'sfu', rule: 'dwell', recheckAt: since + dwellMs };
  }
  return { target: 'p2p', rule: 'within-limit', recheckAt: null };
}
