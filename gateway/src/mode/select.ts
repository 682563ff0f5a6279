/**
 * Where a call's media should run, and why. Pure.
 *
 * The rules, first match wins:
 * 0. `moderation`: a moderator does not let somebody send something, which only a media server can enforce → SFU.
 * 1. `requirement`: recording, transcription or push-to-talk is asked for, which only a media server can do → SFU.
 * 2. `policy`: the call's policy says so → SFU.
 * 3. `above-limit`: more are in the call than peer-to-peer is meant for → SFU, at once. The limit is the deployment's or
 *    the call's; a call whose policy is `p2p` may become as large as a mesh may.
 * 4. `screen-share`: somebody shares a screen with others, and the policy wants that on the media server → SFU.
 * 5. `p2p-failed`, `p2p-degraded`, `p2p-relayed`: two or more are in the call, and one of its paths failed or was poor a
 *    short while ago (see latch.ts) → SFU; unless the call's policy is `p2p`, for then there is nothing else to try.
 * 6. `dwell`: the call is on the SFU and nothing has asked for it any more, but not for long enough → stay. A page
 *    reload, a short visit, a screen that is shared now and then move nothing; who comes and goes below the limit does
 *    not extend it. A room that is lost or about to go holds nobody: the call has to move in any case.
 * 7. `within-limit`: → peer-to-peer.
 */
import type { Requirement } from '@crossfade/shared/call-policy';
import type { Mode } from '@crossfade/shared/signalling';
import type { Latch } from './latch.ts';
import type { EffectivePolicy } from './policy.ts';

export interface ModeInputs {
  /** How many are in the call, those whose signalling is briefly lost included. */
  readonly participants: number;
  readonly policy: EffectivePolicy;
  /** Whether somebody shares a screen. */
  readonly screen: boolean;
  /** Where the media runs now. */
  readonly current: Mode;
  /** Whether the room it runs in is there to stay; false as well where there is none. */
  readonly settled: boolean;
  /** Since when none of the rules 0 to 4 has held, milliseconds since 1970; null: one of them did until now. */
  readonly withinLimitSince: number | null;
  /** How long it has to be before it goes back, milliseconds. */
  readonly dwellMs: number;
  readonly latch: Latch | null;
  /** Whether somebody in the call is not allowed to send something. */
  readonly moderated: boolean;
}

/** A rule that brings a call to the SFU and holds as long as its cause. */
type Cause = 'moderation' | 'requirement' | 'policy' | 'above-limit' | 'screen-share';
export type ModeRule = Cause | 'p2p-failed' | 'p2p-degraded' | 'p2p-relayed' | 'dwell' | 'within-limit';

export interface ModeDecision {
  readonly target: Mode;
  readonly rule: ModeRule;
  /** When the answer may change without anything happening; null: never. */
  readonly recheckAt: number | null;
  readonly withinLimitSince: number | null;
}

export function selectMode(inputs: ModeInputs, now: number): ModeDecision {
  const { participants, policy, current, settled, dwellMs, latch } = inputs;
  const cause = causeOf(inputs);
  if (cause !== null) return { target: 'sfu', rule: cause, recheckAt: null, withinLimitSince: null };
  const withinLimitSince = inputs.withinLimitSince ?? now;
  if (latch !== null && now < latch.until && participants >= 2 && policy.mode !== 'p2p') {
    return { target: 'sfu', rule: `p2p-${latch.why}`, recheckAt: latch.until, withinLimitSince };
  }
  const dwellEnd = withinLimitSince + dwellMs;
  if (current === 'sfu' && settled && now < dwellEnd) {
    return { target: 'sfu', rule: 'dwell', recheckAt: dwellEnd, withinLimitSince };
  }
  return { target: 'p2p', rule: 'within-limit', recheckAt: null, withinLimitSince };
}

function causeOf({ participants, policy, screen, moderated }: ModeInputs): Cause | null {
  if (moderated) return 'moderation';
  if (policy.requires.length > 0) return 'requirement';
  if (policy.mode === 'sfu') return 'policy';
  if (participants > policy.p2pMaxParticipants) return 'above-limit';
  if (screen && policy.screenShare === 'sfu' && participants >= 2) return 'screen-share';
  return null;
}

/** What a rule rests on, to be read later: plain values. */
export function explain(
  { participants, policy, screen, current, withinLimitSince, latch, dwellMs }: ModeInputs,
  noServer: boolean,
): Record<string, number | string | boolean | null> {
  return {
    participants,
    p2pMaxParticipants: policy.p2pMaxParticipants,
    policy: policy.mode,
    requires: requirements(policy.requires),
    screen,
    screenSharePolicy: policy.screenShare,
    relayedPolicy: policy.relayed,
    current,
    withinLimitSince,
    dwellMs,
    path: latch?.why ?? null,
    p2pBlockedUntil: latch?.until ?? null,
    noMediaServer: noServer,
  };
}

function requirements(requires: readonly Requirement[]): string | null {
  return requires.length === 0 ? null : requires.join(', ');
}
