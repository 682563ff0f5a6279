/**
 * The heart of the gateway: what becomes of a call when something happens to it. Pure: no clock, no randomness, no
 * I/O; `now` and fresh ids come in, effects go out.
 *
 * A call's media is in one of four states:
 *
 *     p2p → switching_to_sfu → sfu → switching_to_p2p → p2p
 *
 * and from `sfu` it goes through `switching_to_sfu` to another room when its own is lost or about to go. A switch makes
 * before it breaks. Towards the SFU a room is opened, then everyone is told to prepare; towards peer-to-peer they are
 * told at once. When all who are awaited have decoded the others on the new path it is committed, with a new epoch; if
 * one of them fails or the deadline passes it is aborted and the old path stays. What happens meanwhile changes the
 * members at once, and the mode when the switch is over.
 *
 * Whoever is told of a participant who makes the call too large for peer-to-peer is told next either to prepare or
 * that the switch was aborted, so a client knows whether to build a path to the newcomer itself.
 */
import type { CallPolicyChange } from '@crossfade/shared/call-policy';
import type { ErrorCode } from '@crossfade/shared/errors';
import { answerOnFloor, renumberFloor, settleCallFloor } from '../floor/in-call.ts';
import { latched, troubleOf } from '../mode/latch.ts';
import { changedPolicy, effectivePolicy } from '../mode/policy.ts';
import type { CallEvent, Effect } from './events.ts';
import { moderate } from './moderate.ts';
import {
  addMember,
  dropLostMembers,
  loseGateway,
  loseMember,
  removeMember,
  updateMember,
} from './members.ts';
import {
  hadTransition,
  heldRooms,
  isSwitching,
  memberOf,
  targetOf,
  transitionOf,
  type CallPolicy,
  type CallState,
} from './state.ts';
import { notOpenedStandby, openedStandby, settleStandby } from './standby.ts';
import { andThen, unchanged, type Step } from './step.ts';
import {
  confirm,
  decide,
  endedRecord,
  expire,
  fail,
  leaveRoom,
  loseRoom,
  notOpened,
  openedRoom,
  retriedAtOnce,
  stayInRoom,
} from './switch.ts';

export type Reduction =
  | { kind: 'changed'; state: CallState | null; effects: readonly Effect[] }
  | { kind: 'refused'; code: ErrorCode };

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
  if (!state) return withoutCall(event);
  const step = apply(state, event, policy, now);
  return 'code' in step ? { kind: 'refused', code: step.code } : settle(step, policy, now);
}

type Refused = { code: ErrorCode };
type Request = Extract<
  CallEvent,
  {
    type:
      'leave' | 'update' | 'confirm' | 'measured' | 'path' | 'moderate' | 'floor-request' | 'floor-release';
  }
>;
type Notice = Exclude<CallEvent, Request | { type: 'join' }>;

/** Nobody is in the call. */
function withoutCall(event: Request | Notice): Reduction {
  switch (event.type) {
    case 'leave':
    case 'update':
    case 'confirm':
    case 'measured':
    case 'path':
    case 'moderate':
    case 'floor-request':
    case 'floor-release':
      return { kind: 'refused', code: 'not-joined' };
    case 'set-policy':
      return { kind: 'refused', code: 'call-not-found' };
    case 'room-opened':
      // Everyone left while it was being opened.
      return { kind: 'changed', state: null, effects: [{ type: 'close-room', room: event.room }] };
    case 'disconnected':
    case 'room-not-opened':
    case 'room-lost':
    case 'room-moving':
    case 'room-staying':
    case 'media-server-available':
    case 'gateway-lost':
    case 'floor-behind':
    case 'tick':
      return { kind: 'changed', state: null, effects: [] };
  }
}

function apply(state: CallState, event: Request | Notice, policy: CallPolicy, now: number): Step | Refused {
  switch (event.type) {
    case 'leave':
    case 'update':
    case 'confirm':
    case 'measured':
    case 'path':
    case 'moderate':
    case 'floor-request':
    case 'floor-release':
      return memberOf(state, event.participantId)
        ? answer(state, event, policy, now)
        : { code: 'not-joined' };
    case 'disconnected':
      return loseMember(state, event, policy, now);
    case 'gateway-lost':
      return loseGateway(state, event.gatewayId, policy, now);
    case 'set-policy':
      return setPolicy(state, event.change);
    case 'room-opened':
      return openedStandby(state, event.room) ?? openedRoom(state, event, policy, now);
    case 'room-not-opened':
      return andThen(notOpened(state, event.transitionId, now), (after) =>
        notOpenedStandby(after, event.transitionId, now),
      );
    case 'room-lost':
      return loseRoom(state, event, now);
    case 'room-moving':
      return leaveRoom(state, event, now);
    case 'room-staying':
      return stayInRoom(state, event, now);
    case 'media-server-available':
      return unchanged(retriedAtOnce(state, now));
    case 'floor-behind':
      return renumberFloor(state, event.fence, now);
    case 'tick':
      return unchanged(state);
  }
}

/** What one who is in the call asks for. */
function answer(state: CallState, event: Request, policy: CallPolicy, now: number): Step | Refused {
  switch (event.type) {
    case 'leave':
      return removeMember(state, event.participantId, 'left', now);
    case 'moderate':
      return moderate(state, event.participantId, event.action, now);
    case 'floor-request':
    case 'floor-release':
      return answerOnFloor(state, event, policy, now);
    case 'update':
      return updateMember(state, event.participantId, event.media);
    case 'confirm': {
      const transition = transitionOf(state.media);
      if (transition?.id !== event.transitionId) return { code: 'transition-over' };
      return event.success ? confirm(state, event.participantId) : fail(state, event.participantId, now);
    }
    case 'measured': {
      const { transitionId, gapMs } = event;
      if (!hadTransition(state, transitionId)) return { code: 'transition-over' };
      return { state, effects: [{ type: 'record', entry: { type: 'transition-gap', transitionId, gapMs } }] };
    }
    case 'path': {
      if (event.with === event.participantId || !memberOf(state, event.with))
        return { code: 'participant-not-found' };
      // What is told of a path that is not used any more says nothing of the next.
      if (state.media.phase === 'sfu') return unchanged(state);
      const trouble = troubleOf(event, effectivePolicy(policy, state.policy).relayed);
      if (trouble === null) return unchanged(state);
      const latch = latched(state.latch, trouble, now);
      return unchanged(latch === state.latch ? state : { ...state, latch });
    }
  }
}

function setPolicy(state: CallState, change: CallPolicyChange): Step {
  const policy = changedPolicy(state.policy, change);
  if (policy === state.policy) return unchanged(state);
  const { callId, locked } = state;
  return {
    state: { ...state, policy },
    effects: [
      {
        type: 'broadcast',
        except: null,
        message: { name: 'call:updated', payload: { callId, locked, policy } },
      },
    ],
  };
}

/** After every event: what is overdue, whether the call has ended, and where the media should run. */
function settle(step: Step, policy: CallPolicy, now: number): Reduction {
  let settled = andThen(step, (state) => dropLostMembers(state, now));
  settled = andThen(settled, (state) => expire(state, now));
  if (settled.state.members.length === 0) {
    return { kind: 'changed', state: null, effects: [...settled.effects, ...ending(settled.state, now)] };
  }
  settled = andThen(settled, (state) => settleCallFloor(state, policy, now));
  settled = andThen(settled, (state) => decide(state, policy, now));
  settled = andThen(settled, (state) => settleStandby(state, policy, now));
  return { kind: 'changed', state: settled.state, effects: settled.effects };
}

/** What is left to do when the last participant is gone. */
function ending(state: CallState, now: number): Effect[] {
  const { media } = state;
  return [
    ...(isSwitching(media)
      ? [endedRecord(media.transition, targetOf(media), 'aborted', 'call-ended', now)]
      : []),
    ...heldRooms(state).map((room) => ({ type: 'close-room', room }) as const),
    {
      type: 'record',
      entry: { type: 'call-ended', recordId: state.recordId, at: now, decisions: state.decisions },
    },
  ];
}
