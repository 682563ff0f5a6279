/** What holds for one call: what is set for the deployment, changed by what was asked for this call. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { CallPolicyChange, CallPolicyOverrides, Requirement } from '@crossfade/shared/call-policy';
import type { CallPolicy } from '../calls/state.ts';

/** The part of a policy that decides where the media runs and who gets in. */
export interface EffectivePolicy {
  readonly mode: 'auto' | 'p2p' | 'sfu';
  /** Up to this many are connected peer-to-peer. */
  readonly p2pMaxParticipants: number;
  /** Up to this many are, if no media server can be had. */
  readonly meshMaxParticipants: number;
  readonly maxParticipants: number;
  readonly requires: readonly Requirement[];
  readonly screenShare: 'any' | 'sfu';
  readonly relayed: 'allow' | 'sfu';
}

const NONE: readonly Requirement[] = [];

export function effectivePolicy(deployment: CallPolicy, call: CallPolicyOverrides): EffectivePolicy {
  const asked = call.p2pMaxParticipants ?? deployment.p2pMaxParticipants;
  const meshMaxParticipants = Math.max(asked, deployment.meshMaxParticipants);
  return {
    mode: call.mode ?? 'auto',
    // Who wants peer-to-peer gets it as far as a mesh goes.
    p2pMaxParticipants: call.mode === 'p2p' ? meshMaxParticipants : asked,
    meshMaxParticipants,
    maxParticipants: Math.min(call.maxParticipants ?? Infinity, deployment.maxParticipants),
    requires: call.requires ?? NONE,
    screenShare: call.screenShare ?? 'any',
    relayed: call.relayed ?? 'allow',
  };
}

/** A call's policy after a change; the same object if nothing is another. */
export function changedPolicy(policy: CallPolicyOverrides, change: CallPolicyChange): CallPolicyOverrides {
  const merged = Object.entries({ ...policy, ...change }).filter(([, value]) => value !== null);
  const changed = Object.fromEntries(merged) as CallPolicyOverrides;
  return isDeepStrictEqual(policy, changed) ? policy : changed;
}
