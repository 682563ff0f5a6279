/** Moving a call's media: starting, confirming, committing and giving up a transition. Pure. */
import type { AbortReason, Mode, ModeSwitchPrepare, TransitionReason } from '@crossfade/shared/signalling';
import { remember } from '../mode/decisions.ts';
import { selectMode, type ModeRule } from '../mode/select.ts';
import { isModerated } from './blocks.ts';
import type { Effect } from './events.ts';
import {
  modeOf,
  transitionIdOf,
  transitionOf,
  type CallPolicy,
  type CallState,
  type Media,
  type Room,
  type Transition,
} from './state.ts';
import { andThen, unchanged, type Step } from './step.ts';

/** How long a room is kept after a commit to peer-to-peer, for clients that hear of it late, milliseconds. */
const DRAIN_MS = 1_000;

/** The wait after the first of several failed transitions; it doubles up to the longest, milliseconds. */
const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 30_000;

/** Why a call goes to the SFU, by the rule that sends it there. */
const REASONS: Partial<Record<ModeRule, TransitionReason>> = {
  'p2p-blocked': 'p2p-failed',
  moderation: 'requirement',
};

/** Selects the mode, and starts a transition if it is another one than now. */
export function decide(before: CallState, policy: CallPolicy, now: number): Step {
  const within = before.members.length <= policy.p2pMaxParticipants;
  const withinLimitSince = within ? (before.withinLimitSince ?? now) : null;
  const inputs = {
    participants: before.members.length,
    p2pMaxParticipants: policy.p2pMaxParticipants,
    current: modeOf(before.media.phase),
    withinLimitSince,
    dwellMs: policy.backToP2pDelayMs,
    p2pBlockedUntil: before.p2pBlockedUntil,
    moderated: isModerated(before),
  };
  const decision = selectMode(inputs, now);
  const { target, rule, recheckAt } = decision;
  const state: CallState = {
    ...before,
    withinLimitSince,
    recheckAt,
    decisions: remember(before, decision, inputs, now),
  };

  switch (state.media.phase) {
    case 'p2p':
      if (target === 'p2p') return unchanged({ ...state, retry: null });
      if (waits(state, now)) return unchanged(state);
      return startToSfu(state, REASONS[rule] ?? 'participants-above-limit', policy, now);
    case 'sfu':
      if (target === 'sfu') return unchanged({ ...state, retry: null });
      if (waits(state, now)) return unchanged(state);
      return startToP2p(state, state.media.room, policy, now);
    case 'switching_to_p2p':
      // It grew again: the SFU path is still there, so staying on it is the quickest.
      return rule === 'above-limit' || rule === 'moderation'
        ? abort(state, 'participant-joined', now)
        : unchanged(state);
    case 'switching_to_sfu':
      return unchanged(state);
  }
}

function waits(state: CallState, now: number): boolean {
  return state.retry !== null && state.retry.at > now;
}

function newTransition(
  state: CallState,
  reason: TransitionReason,
  awaiting: readonly string[],
  policy: CallPolicy,
  now: number,
): Transition {
  return {
    id: transitionIdOf(state.recordId, state.transitions + 1),
    reason,
    initiator: reason === 'participants-above-limit' ? (state.members.at(-1)?.participantId ?? null) : null,
    epoch: state.epoch + 1,
    startedAt: now,
    deadline: now + policy.switchTimeoutMs,
    awaiting,
  };
}

function startToSfu(state: CallState, reason: TransitionReason, policy: CallPolicy, now: number): Step {
  const transition = newTransition(state, reason, [], policy, now);
  const { id: transitionId, epoch } = transition;
  return {
    state: {
      ...state,
      transitions: state.transitions + 1,
      draining: null,
      media: { phase: 'switching_to_sfu', transition, room: 'opening' },
    },
    effects: [
      startedRecord(state, transition, 'sfu', now),
      // It has the same id; what is left in it must not be taken for the new one's.
      ...(state.draining ? [{ type: 'close-room', room: state.draining.room } as const] : []),
      { type: 'open-room', transitionId, epoch },
    ],
  };
}

function startToP2p(state: CallState, room: Room, policy: CallPolicy, now: number): Step {
  const awaiting = connectedIds(state);
  const transition = newTransition(state, 'participants-within-limit', awaiting, policy, now);
  const media = { phase: 'switching_to_p2p', transition, room } as const;
  return {
    state: { ...state, transitions: state.transitions + 1, media },
    effects: [
      startedRecord(state, transition, 'p2p', now),
      { type: 'announce', to: awaiting, prepare: prepareMessage(state.callId, media, now) },
    ],
  };
}

/** The room a transition to the SFU waited for is there: everyone prepares. */
export function openedRoom(
  state: CallState,
  opened: { transitionId: string; room: Room },
  policy: CallPolicy,
  now: number,
): Step {
  const { media } = state;
  if (media.phase !== 'switching_to_sfu' || media.transition.id !== opened.transitionId) {
    return takesOver(media, opened.room)
      ? unchanged(state)
      : { state, effects: [{ type: 'close-room', room: opened.room }] };
  }
  const awaiting = connectedIds(state);
  const transition = { ...media.transition, awaiting, deadline: now + policy.switchTimeoutMs };
  const announced = { ...media, transition, room: opened.room };
  return {
    state: { ...state, media: announced },
    effects: [
      {
        type: 'record',
        entry: {
          type: 'transition-room',
          transitionId: transition.id,
          sfuRoomId: state.callId,
          rtpCapabilities: opened.room.rtpCapabilities,
        },
      },
      { type: 'announce', to: awaiting, prepare: prepareMessage(state.callId, announced, now) },
    ],
  };
}

/** Whether a room that was opened for an attempt that is over is the one that a later attempt uses, or will be. */
function takesOver(media: Media, { server, epoch }: Room): boolean {
  if (media.phase === 'p2p') return false;
  if (media.room === 'opening') return transitionOf(media)?.epoch === epoch;
  return media.room.server === server && media.room.epoch === epoch;
}

/** One participant sees everyone on the new path. */
export function confirm(state: CallState, participantId: string): Step {
  const { media } = state;
  if (media.phase === 'p2p' || media.phase === 'sfu') return unchanged(state);
  const awaiting = media.transition.awaiting.filter((id) => id !== participantId);
  return unchanged({ ...state, media: { ...media, transition: { ...media.transition, awaiting } } });
}

/** Sees to what is complete or overdue: transitions, and rooms that were kept for late clients. */
export function expire(state: CallState, now: number): Step {
  const { media, draining } = state;
  let step = unchanged(state);
  if (draining && draining.until <= now) {
    step = { state: { ...state, draining: null }, effects: [{ type: 'close-room', room: draining.room }] };
  }
  if (media.phase === 'p2p' || media.phase === 'sfu') return step;
  if (media.room !== 'opening' && media.transition.awaiting.length === 0)
    return andThen(step, (s) => commit(s, now));
  if (media.transition.deadline > now) return step;
  return andThen(step, (s) => abort(s, media.room === 'opening' ? 'media-server-failed' : 'deadline', now));
}

function commit(state: CallState, now: number): Step {
  const { media, callId } = state;
  if (media.phase === 'p2p' || media.phase === 'sfu' || media.room === 'opening') return unchanged(state);
  const { room, transition } = media;
  const toSfu = media.phase === 'switching_to_sfu';
  const common = { ...state, epoch: transition.epoch, retry: null };
  return {
    state: toSfu
      ? { ...common, media: { phase: 'sfu', room } }
      : { ...common, media: { phase: 'p2p' }, draining: { room, until: now + DRAIN_MS } },
    effects: [
      committed(callId, transition, toSfu ? 'sfu' : 'p2p'),
      endedRecord(transition, 'committed', null, now),
    ],
  };
}

/** Gives the transition up: the old path stays. */
export function abort(state: CallState, reason: AbortReason, now: number): Step {
  const { media, callId, epoch } = state;
  if (media.phase === 'p2p' || media.phase === 'sfu') return unchanged(state);
  const { transition } = media;
  const mode = modeOf(media.phase);
  const unusedRoom = media.phase === 'switching_to_sfu' && media.room !== 'opening' ? media.room : null;
  const failures = (state.retry?.failures ?? 0) + 1;
  const wait = Math.min(RETRY_FIRST_MS * 2 ** (failures - 1), RETRY_LONGEST_MS);
  return {
    state: {
      ...state,
      media: media.phase === 'switching_to_p2p' ? { phase: 'sfu', room: media.room } : { phase: 'p2p' },
      retry: reason === 'participant-joined' ? null : { at: now + wait, failures },
    },
    effects: [
      {
        type: 'broadcast',
        except: null,
        message: {
          name: 'call:mode-switch',
          payload: {
            phase: 'abort',
            callId,
            transitionId: transition.id,
            epoch,
            from: mode,
            mode,
            reason,
            deadlineMs: 0,
          },
        },
      },
      ...(unusedRoom ? [{ type: 'close-room', room: unusedRoom } as const] : []),
      endedRecord(transition, 'aborted', reason, now),
    ],
  };
}

/**
 * The media server lost the room. The call falls back to peer-to-peer at once, whatever its size, for the media is
 * gone already; from there it goes to a new room like any other call.
 */
export function loseRoom(state: CallState, roomEpoch: number, policy: CallPolicy, now: number): Step {
  const { media } = state;
  if (media.phase === 'p2p' || media.room === 'opening' || media.room.epoch !== roomEpoch) {
    const drained = state.draining?.room.epoch === roomEpoch;
    return unchanged(drained ? { ...state, draining: null } : state);
  }
  if (media.phase === 'switching_to_sfu') return abort(state, 'media-server-failed', now);

  const fallback = newTransition(state, 'media-server-lost', [], policy, now);
  const ended = transitionOf(media);
  const fallen: Step = {
    state: {
      ...state,
      epoch: fallback.epoch,
      transitions: state.transitions + 1,
      media: { phase: 'p2p' },
      retry: null,
    },
    effects: [
      ...(ended ? [endedRecord(ended, 'aborted', 'media-server-failed', now)] : []),
      startedRecord(state, fallback, 'p2p', now),
      committed(state.callId, fallback, 'p2p'),
      endedRecord(fallback, 'committed', null, now),
    ],
  };
  if (state.members.length <= policy.p2pMaxParticipants) return fallen;
  return andThen(fallen, (after) => startToSfu(after, 'media-server-lost', policy, now));
}

/** What tells a client to build the new path; a late joiner gets it with the answer to its join. */
export function prepareMessage(
  callId: string,
  media: { phase: 'switching_to_sfu' | 'switching_to_p2p'; transition: Transition; room: Room },
  now: number,
): ModeSwitchPrepare {
  const { transition, room } = media;
  const toSfu = media.phase === 'switching_to_sfu';
  return {
    phase: 'prepare',
    callId,
    transitionId: transition.id,
    epoch: transition.epoch,
    from: toSfu ? 'p2p' : 'sfu',
    mode: toSfu ? 'sfu' : 'p2p',
    reason: transition.reason,
    deadlineMs: Math.max(0, transition.deadline - now),
    ...(transition.initiator !== null && { initiator: transition.initiator }),
    ...(toSfu && { rtpCapabilities: room.rtpCapabilities }),
  };
}

function committed(callId: string, { id: transitionId, epoch, reason }: Transition, mode: Mode): Effect {
  return {
    type: 'broadcast',
    except: null,
    message: {
      name: 'call:mode-switch',
      payload: {
        phase: 'commit',
        callId,
        transitionId,
        epoch,
        from: mode === 'sfu' ? 'p2p' : 'sfu',
        mode,
        reason,
        deadlineMs: 0,
      },
    },
  };
}

function startedRecord(state: CallState, transition: Transition, to: Mode, now: number): Effect {
  const { id: transitionId, reason, initiator, epoch } = transition;
  const from = to === 'sfu' ? 'p2p' : 'sfu';
  const { recordId } = state;
  return {
    type: 'record',
    entry: {
      type: 'transition-started',
      recordId,
      transitionId,
      from,
      to,
      reason,
      initiator,
      epoch,
      at: now,
    },
  };
}

function endedRecord(
  { id: transitionId, startedAt }: Transition,
  outcome: 'committed' | 'aborted',
  abortReason: AbortReason | null,
  now: number,
): Effect {
  const durationMs = now - startedAt;
  return {
    type: 'record',
    entry: { type: 'transition-ended', transitionId, outcome, abortReason, at: now, durationMs },
  };
}

function connectedIds(state: CallState): string[] {
  return state.members
    .filter(({ link }) => link.kind === 'connected')
    .map(({ participantId }) => participantId);
}
