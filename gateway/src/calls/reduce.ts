/**
 * The heart of the gateway: what becomes of a call when something happens to it. Pure: no clock, no randomness, no
 * I/O; `now` and fresh ids come in, effects go out.
 *
 * A call's media is in one of four states:
 *
 *     p2p → switching_to_sfu → sfu → switching_to_p2p → p2p
 *
 * A switch makes before it breaks. Towards the SFU a room is opened, then everyone is told to prepare; towards
 * peer-to-peer they are told at once. When all who are awaited have decoded the others on the new path it is
 * committed, with a new epoch; if one of them fails or the deadline passes it is aborted and the old path stays.
 * What happens meanwhile changes the members at once, and the mode when the switch is over.
 *
 * Whoever is told of a participant who makes the call too large for peer-to-peer is told next either to prepare or
 * that the switch was aborted, so a client knows whether to build a path to the newcomer itself.
 */
import type { ErrorCode } from '@crossfade/shared/errors';
import type { CallEvent, Effect } from './events.ts';
import { addMember, dropLostMembers, loseMember, removeMember, updateMember } from './members.ts';
import { setPolicy } from './set-policy.ts';
import { hadTransition, memberOf, transitionOf, type CallPolicy, type CallState } from './state.ts';
import { andThen, unchanged, type Step } from './step.ts';
import { abort, confirm, decide, expire, loseRoom, openedRoom } from './switch.ts';

export type Reduction =
  | { kind: 'changed'; state: CallState | null; effects: readonly Effect[] }
  | { kind: 'refused'; code: ErrorCode };

/** How long peer-to-peer is not tried again after it failed, milliseconds. */
const P2P_BLOCK_MS = 60_000;

export function reduce(
  state: CallState | null,
  event: CallEvent,
  policy: CallPolicy,
  now: number,
): Reduction {
  if (event.type === 'join') {
    const joined = addMember(state, event, policy, now);
    return 'code' in joined ? { kind: 'refused', code: joined.code } : settle(joined, policy, now);
  }
  if (!state && event.type === 'room-opened') {
    // Everyone left while it was being opened.
    return { kind: 'changed', state, effects: [{ type: 'close-room', room: event.room }] };
  }
  if (!state && event.type === 'set-policy') return { kind: 'refused', code: 'call-not-found' };
  if (!state)
    return isRequest(event)
      ? { kind: 'refused', code: 'not-joined' }
      : { kind: 'changed', state, effects: [] };
  if (isRequest(event) && !memberOf(state, event.participantId))
    return { kind: 'refused', code: 'not-joined' };

  switch (event.type) {
    case 'leave':
      return settle(removeMember(state, event.participantId, 'left', now), policy, now);
    case 'disconnected':
      return settle(loseMember(state, event, policy, now), policy, now);
    case 'update':
      return settle(updateMember(state, event.participantId, event.media), policy, now);
    case 'confirm': {
      const transition = transitionOf(state.media);
      if (transition?.id !== event.transitionId) return { kind: 'refused', code: 'transition-over' };
      const step = event.success ? confirm(state, event.participantId) : abort(state, 'client-failed', now);
      return settle(step, policy, now);
    }
    case 'measured': {
      const { transitionId, gapMs } = event;
      if (!hadTransition(state, transitionId)) return { kind: 'refused', code: 'transition-over' };
      const entry = { type: 'transition-gap', transitionId, gapMs } as const;
      return { kind: 'changed', state, effects: [{ type: 'record', entry }] };
    }
    case 'path': {
      if (!memberOf(state, event.with)) return { kind: 'refused', code: 'participant-not-found' };
      if (event.state !== 'failed' || state.media.phase !== 'p2p')
        return settle(unchanged(state), policy, now);
      return settle({ state: { ...state, p2pBlockedUntil: now + P2P_BLOCK_MS }, effects: [] }, policy, now);
    }
    case 'room-opened':
      return settle(openedRoom(state, event, policy, now), policy, now);
    case 'room-not-opened': {
      const { media } = state;
      const mine = media.phase === 'switching_to_sfu' && media.transition.id === event.transitionId;
      return settle(mine ? abort(state, 'media-server-failed', now) : unchanged(state), policy, now);
    }
    case 'room-lost':
      return settle(loseRoom(state, event.epoch, policy, now), policy, now);
    case 'set-policy':
      return settle(setPolicy(state, event.policy), policy, now);
    case 'tick':
      return settle(unchanged(state), policy, now);
  }
}

/** Requests come from a participant; the rest is what the gateway notices itself. */
function isRequest(
  event: CallEvent,
): event is Extract<CallEvent, { type: 'leave' | 'update' | 'confirm' | 'measured' | 'path' }> {
  return ['leave', 'update', 'confirm', 'measured', 'path'].includes(event.type);
}

/** After every event: what is overdue, whether the call has ended, and where the media should run. */
function settle(step: Step, policy: CallPolicy, now: number): Reduction {
  let settled = andThen(step, (state) => dropLostMembers(state, now));
  settled = andThen(settled, (state) => expire(state, now));
  if (settled.state.members.length === 0) {
    return { kind: 'changed', state: null, effects: [...settled.effects, ...ending(settled.state, now)] };
  }
  settled = andThen(settled, (state) => decide(state, policy, now));
  return { kind: 'changed', state: settled.state, effects: settled.effects };
}

/** What is left to do when the last participant is gone. */
function ending(state: CallState, now: number): Effect[] {
  const effects: Effect[] = [];
  const transition = transitionOf(state.media);
  if (transition) {
    const { id: transitionId, startedAt } = transition;
    const durationMs = now - startedAt;
    effects.push({
      type: 'record',
      entry: {
        type: 'transition-ended',
        transitionId,
        outcome: 'aborted',
        abortReason: 'call-ended',
        at: now,
        durationMs,
      },
    });
  }
  if (state.media.phase !== 'p2p' && state.media.room !== 'opening') {
    effects.push({ type: 'close-room', room: state.media.room });
  }
  if (state.draining) effects.push({ type: 'close-room', room: state.draining.room });
  effects.push({ type: 'record', entry: { type: 'call-ended', recordId: state.recordId, at: now } });
  return effects;
}
