/**
 * Moving a call's media: starting, confirming, committing and giving up a transition, and losing a room. Pure.
 *
 * One primitive serves growth, loss and drain: the media goes to a target beside what runs, and takes over when everyone
 * who is awaited has decoded the others there. Where nothing runs any more, because the room is lost, there is nothing to
 * go back to: then one client's failure does not hold up the others, and at the deadline it is committed if anybody has
 * confirmed. Nor does it a second time on the way from peer-to-peer, if most have confirmed.
 */
import type { AbortReason, Mode, ModeSwitchPrepare, TransitionReason } from '@crossfade/shared/signalling';
import { remember } from '../mode/decisions.ts';
import { effectivePolicy, type EffectivePolicy } from '../mode/policy.ts';
import { selectMode, type ModeInputs, type ModeRule } from '../mode/select.ts';
import { isModerated } from './blocks.ts';
import type { CallEvent, Effect } from './events.ts';
import {
  heldRooms,
  isSwitching,
  modeOf,
  standbyRoom,
  targetOf,
  transitionIdOf,
  type CallPolicy,
  type CallState,
  type Media,
  type Member,
  type Origin,
  type Retry,
  type Room,
  type Switching,
  type Transition,
} from './state.ts';
import { loseStandby } from './standby.ts';
import { andThen, unchanged, type Step } from './step.ts';

/** How long a room is kept after a commit to somewhere else, for clients that hear of it late, milliseconds. */
const DRAIN_MS = 1_000;

/** The wait after the first of several failed transitions, and the longest of those it doubles up to; milliseconds. */
const BACK_OFF = { first: 1_000, longest: 30_000 };
/** The same where no media runs meanwhile. */
const BACK_OFF_LOST = { first: 500, longest: 4_000 };

/** Selects the mode, and starts a transition if the media has to go elsewhere than where it is. */
export function decide(before: CallState, deployment: CallPolicy, now: number): Step {
  const { media, members } = before;
  const policy = withNeeds(effectivePolicy(deployment, before.policy), members);
  const inputs: ModeInputs = {
    participants: members.length,
    policy,
    screen: policy.screenShare === 'sfu' && members.some(sharesScreen),
    current: modeOf(media),
    settled: (media.phase === 'sfu' || media.phase === 'switching_to_p2p') && media.standing === 'serving',
    withinLimitSince: before.withinLimitSince,
    dwellMs: deployment.backToP2pDelayMs,
    latch: before.latch,
    moderated: isModerated(before),
  };
  const decision = selectMode(inputs, now);
  const { target, rule } = decision;
  const state = noted(before, decision, remember(before, decision, inputs, now));
  const mesh = state.retry?.noServer === true && members.length <= policy.meshMaxParticipants;

  switch (media.phase) {
    case 'p2p':
      if (target === 'p2p') return unchanged(withoutRetry(state));
      if (waits(state, now)) return unchanged(state);
      return startToSfu(state, { kind: 'p2p' }, reasonOf(rule), deployment, now);
    case 'sfu':
      return decideInRoom(state, media, { target, mesh }, deployment, now);
    case 'switching_to_p2p': {
      if (target === 'p2p' || rule === 'dwell') return unchanged(state);
      // On its way to a mesh, for want of another media server.
      if (media.standing === 'leaving' && members.length <= policy.meshMaxParticipants)
        return unchanged(state);
      // The SFU path is still there, so staying on it is the quickest.
      return andThen(abort(state, abortReasonOf(rule), now), (after) => decide(after, deployment, now));
    }
    case 'switching_to_sfu':
      // What is no longer needed is finished all the same, and undone later.
      return unchanged(state);
  }
}

function decideInRoom(
  state: CallState,
  { room, standing }: Extract<Media, { phase: 'sfu' }>,
  { target, mesh }: { target: Mode; mesh: boolean },
  policy: CallPolicy,
  now: number,
): Step {
  switch (standing) {
    case 'serving':
      if (target === 'sfu') return unchanged(withoutRetry(state));
      return waits(state, now) ? unchanged(state) : startToP2p(state, room, standing, policy, now);
    case 'leaving':
      if (waits(state, now)) return unchanged(state);
      return target === 'p2p' || mesh
        ? startToP2p(state, room, standing, policy, now)
        : startToSfu(state, { kind: 'room', room }, 'media-server-draining', policy, now);
    case 'lost':
      if (target === 'p2p' || mesh) {
        return andThen(fallToPeers(state, policy, now), (after) => decide(after, policy, now));
      }
      if (waits(state, now)) return unchanged(state);
      return startToSfu(state, { kind: 'lost', room }, 'media-server-lost', policy, now);
  }
}

/** Somebody who knows no peer-to-peer requires a media server for as long as they are in the call. */
function withNeeds(policy: EffectivePolicy, members: readonly Member[]): EffectivePolicy {
  const needed = policy.requires.length === 0 && members.some(({ needsServer }) => needsServer === true);
  return needed ? { ...policy, requires: ['push-to-talk'] } : policy;
}

/** The state with what was decided; the same one if that says nothing new. */
function noted(
  state: CallState,
  { recheckAt, withinLimitSince }: Pick<CallState, 'recheckAt' | 'withinLimitSince'>,
  decisions: CallState['decisions'],
): CallState {
  const same =
    state.recheckAt === recheckAt &&
    state.withinLimitSince === withinLimitSince &&
    state.decisions === decisions;
  return same ? state : { ...state, recheckAt, withinLimitSince, decisions };
}

function withoutRetry(state: CallState): CallState {
  return state.retry === null ? state : { ...state, retry: null };
}

function waits({ retry }: CallState, now: number): boolean {
  return retry !== null && retry.at > now;
}

function sharesScreen({ media }: Member): boolean {
  return media.screen;
}

/** Why a call goes from peer-to-peer to a room. */
function reasonOf(rule: ModeRule): TransitionReason {
  switch (rule) {
    case 'above-limit':
      return 'participants-above-limit';
    case 'moderation':
      return 'requirement';
    case 'requirement':
    case 'policy':
    case 'screen-share':
    case 'p2p-failed':
    case 'p2p-degraded':
    case 'p2p-relayed':
      return rule;
    case 'dwell':
    case 'within-limit':
      return 'participants-within-limit';
  }
}

/** Why a switch to peer-to-peer is given up when the call is to stay on the SFU after all. */
function abortReasonOf(rule: ModeRule): AbortReason {
  if (rule === 'above-limit') return 'participant-joined';
  return rule.startsWith('p2p-') ? 'client-failed' : 'superseded';
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
    confirmed: 0,
    failed: 0,
  };
}

function startToSfu(
  state: CallState,
  from: Origin,
  reason: TransitionReason,
  policy: CallPolicy,
  now: number,
): Step {
  const transition = newTransition(state, reason, [], policy, now);
  const { id: transitionId, epoch } = transition;
  const last = state.retry?.last ?? [];
  const ready = standbyRoom(state.media);
  const started: Step = {
    state: {
      ...state,
      transitions: state.transitions + 1,
      draining: null,
      media: { phase: 'switching_to_sfu', transition, from, room: 'opening' },
    },
    effects: [
      startedRecord(state, transition, 'sfu', now),
      // It has the same id; what is left in it must not be taken for the new one's.
      ...closing(state.draining?.room),
    ],
  };
  if (ready) return andThen(started, (after) => openedRoom(after, { room: ready }, policy, now));
  const opening = {
    type: 'open-room',
    transitionId,
    epoch,
    avoid: avoided(from, state.retry),
    last,
  } as const;
  return { state: started.state, effects: [...started.effects, opening] };
}

/** What waits to be tried again after a failure is tried at once. */
export function retriedAtOnce(state: CallState, now: number): CallState {
  return state.retry ? { ...state, retry: { ...state.retry, at: now } } : state;
}

/** The media servers that cannot have the next room: a room of that id still runs there, or they were told to be dead. */
function avoided(from: Origin, retry: Retry | null): readonly string[] {
  if (from.kind === 'room') return [from.room.server];
  // A dead one may be back by the second attempt.
  return from.kind === 'lost' && retry?.failures === 0 ? retry.last : [];
}

function startToP2p(
  state: CallState,
  room: Room,
  standing: 'serving' | 'leaving',
  policy: CallPolicy,
  now: number,
): Step {
  const awaiting = awaitedIds(state);
  const reason = standing === 'leaving' ? 'media-server-draining' : 'participants-within-limit';
  const transition = newTransition(state, reason, awaiting, policy, now);
  const media = { phase: 'switching_to_p2p', transition, room, standing } as const;
  return {
    state: { ...state, transitions: state.transitions + 1, media },
    effects: [
      startedRecord(state, transition, 'p2p', now),
      { type: 'announce', to: awaiting, prepare: prepareMessage(state.callId, media, now) },
    ],
  };
}

/** There is no room any more, and peer-to-peer will do or is all there is: at once, for nothing runs meanwhile. */
function fallToPeers(state: CallState, policy: CallPolicy, now: number): Step {
  const transition = newTransition(state, 'media-server-lost', [], policy, now);
  return {
    state: {
      ...state,
      epoch: transition.epoch,
      transitions: state.transitions + 1,
      media: { phase: 'p2p' },
      retry: meshRetry(state.retry),
    },
    effects: [
      startedRecord(state, transition, 'p2p', now),
      committed(state.callId, transition, 'sfu', 'p2p'),
      endedRecord(transition, 'p2p', 'committed', null, now),
    ],
  };
}

/** In a mesh that is one for want of a media server, looking for one goes on as before. */
function meshRetry(retry: Retry | null): Retry | null {
  return retry?.noServer === true ? retry : null;
}

/** The room a transition to the SFU waited for is there: everyone prepares. */
export function openedRoom(state: CallState, opened: { room: Room }, policy: CallPolicy, now: number): Step {
  const { media } = state;
  const { room } = opened;
  // One that was opened for an attempt before, and told of late, serves as well.
  const awaited =
    media.phase === 'switching_to_sfu' &&
    media.room === 'opening' &&
    media.transition.epoch === room.epoch &&
    // Where the old one runs it would be the old one.
    !(media.from.kind === 'room' && media.from.room.server === room.server);
  if (!awaited) {
    const used = heldRooms(state).some((held) => isRoom(held, room));
    return used ? unchanged(state) : { state, effects: closing(room) };
  }
  const awaiting = awaitedIds(state);
  const transition = { ...media.transition, awaiting, deadline: now + policy.switchTimeoutMs };
  const announced = { ...media, transition, room };
  return {
    state: { ...state, media: announced },
    effects: [
      {
        type: 'record',
        entry: {
          type: 'transition-room',
          transitionId: transition.id,
          sfuRoomId: state.callId,
          rtpCapabilities: room.rtpCapabilities,
        },
      },
      { type: 'announce', to: awaiting, prepare: prepareMessage(state.callId, announced, now) },
    ],
  };
}

function isRoom(a: Room, { server, epoch }: { epoch: number; server?: string }): boolean {
  return a.epoch === epoch && (server === undefined || a.server === server);
}

/** No media server took the room that a transition waited for. */
export function notOpened(state: CallState, transitionId: string, now: number): Step {
  const { media } = state;
  const mine =
    media.phase === 'switching_to_sfu' && media.transition.id === transitionId && media.room === 'opening';
  return mine ? abort(state, 'media-server-failed', now) : unchanged(state);
}

/** One participant sees everyone on the new path. */
export function confirm(state: CallState, participantId: string): Step {
  return unchanged(answered(state, participantId, ({ confirmed }) => ({ confirmed: confirmed + 1 })));
}

/** One participant cannot get to the new path, or is there no more. */
export function fail(state: CallState, participantId: string, now: number): Step {
  if (!goesOnWithout(state)) return abort(state, 'client-failed', now);
  return unchanged(answered(state, participantId, ({ failed }) => ({ failed: failed + 1 })));
}

/** This participant is awaited no more, and counted as the change says; the same state if they were not. */
function answered(
  state: CallState,
  participantId: string,
  counted: (transition: Transition) => Partial<Transition>,
): CallState {
  const { media } = state;
  if (!isSwitching(media) || !media.transition.awaiting.includes(participantId)) return state;
  const { transition } = media;
  const awaiting = transition.awaiting.filter((id) => id !== participantId);
  return { ...state, media: { ...media, transition: { ...transition, ...counted(transition), awaiting } } };
}

/**
 * Whether a switch does not wait for those who do not get to the new path: where nothing runs any more, and where an
 * attempt to leave peer-to-peer has failed before, so that one client cannot keep a call from growing. They join again with
 * `resume`, and build the path then.
 */
function goesOnWithout({ media, retry }: CallState): boolean {
  if (media.phase !== 'switching_to_sfu') return false;
  return media.from.kind === 'lost' || (media.from.kind === 'p2p' && (retry?.failures ?? 0) > 0);
}

/** Whether enough have got to the new path: somebody, where nothing is to be lost; else most. */
function enoughConfirmed(state: CallState, media: Switching): boolean {
  if (!goesOnWithout(state)) return false;
  const { awaiting, confirmed, failed } = media.transition;
  const isLost = media.phase === 'switching_to_sfu' && media.from.kind === 'lost';
  return isLost ? confirmed > 0 : confirmed > awaiting.length + failed;
}

/** Nobody waits for this participant any more. */
export function noLongerAwaited(state: CallState, participantId: string): CallState {
  return answered(state, participantId, () => ({}));
}

/** Sees to what is complete or overdue: transitions, and rooms that were kept for late clients. */
export function expire(before: CallState, now: number): Step {
  const { media, draining } = before;
  const step: Step =
    draining && draining.until <= now
      ? { state: { ...before, draining: null }, effects: closing(draining.room) }
      : unchanged(before);
  if (!isSwitching(media)) return step;
  const { awaiting, failed, deadline } = media.transition;
  if (media.phase === 'switching_to_sfu' && media.room === 'opening') {
    return deadline > now ? step : andThen(step, (state) => abort(state, 'media-server-failed', now));
  }
  if (awaiting.length > 0 && deadline > now) return step;
  const everyone = awaiting.length === 0 && failed === 0;
  if (everyone || enoughConfirmed(before, media)) return andThen(step, (state) => commit(state, now));
  return andThen(step, (state) => abort(state, awaiting.length > 0 ? 'deadline' : 'client-failed', now));
}

function commit(state: CallState, now: number): Step {
  const { media, callId } = state;
  if (!isSwitching(media)) return unchanged(state);
  const { transition } = media;
  const ended = [
    committed(callId, transition, modeOf(media), targetOf(media)),
    endedRecord(transition, targetOf(media), 'committed', null, now),
  ];
  const { epoch } = transition;
  if (media.phase === 'switching_to_p2p') {
    const after: CallState = { ...state, epoch, media: { phase: 'p2p' }, retry: meshRetry(state.retry) };
    return andThen({ state: after, effects: ended }, (next) => drain(next, media.room, now));
  }
  const { room, from } = media;
  if (room === 'opening') return unchanged(state);
  const after: CallState = {
    ...state,
    epoch,
    media: { phase: 'sfu', room, standing: 'serving' },
    retry: null,
  };
  const step = { state: after, effects: ended };
  return from.kind === 'room' ? andThen(step, (next) => drain(next, from.room, now)) : step;
}

/** Keeps a room that is no longer used for a moment; one that was kept already is closed. */
function drain(state: CallState, room: Room, now: number): Step {
  return {
    state: { ...state, draining: { room, until: now + DRAIN_MS } },
    effects: closing(state.draining?.room),
  };
}

function closing(room: Room | null | undefined): Effect[] {
  return room ? [{ type: 'close-room', room }] : [];
}

/** Gives the transition up: what ran before it stays. */
export function abort(state: CallState, reason: AbortReason, now: number): Step {
  const { media, callId, epoch } = state;
  if (!isSwitching(media)) return unchanged(state);
  const { transition } = media;
  const mode = modeOf(media);
  const after = beforeSwitch(media);
  const unused = media.phase === 'switching_to_sfu' && media.room !== 'opening' ? media.room : null;
  return {
    state: { ...state, media: after, retry: retryAfter(state, media, reason, now) },
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
      ...closing(unused),
      endedRecord(transition, targetOf(media), 'aborted', reason, now),
    ],
  };
}

/** Where the media runs if a switch is not committed. */
function beforeSwitch(media: Switching): Media {
  if (media.phase === 'switching_to_p2p') return { phase: 'sfu', room: media.room, standing: media.standing };
  switch (media.from.kind) {
    case 'p2p':
      return { phase: 'p2p' };
    case 'room':
      return { phase: 'sfu', room: media.from.room, standing: 'leaving' };
    case 'lost':
      return { phase: 'sfu', room: media.from.room, standing: 'lost' };
  }
}

function retryAfter({ retry }: CallState, media: Switching, reason: AbortReason, now: number): Retry | null {
  if (media.phase === 'switching_to_p2p' && (reason === 'participant-joined' || reason === 'superseded'))
    return null;
  const failures = (retry?.failures ?? 0) + 1;
  const lost = media.phase === 'switching_to_sfu' && media.from.kind === 'lost';
  const { first, longest } = lost ? BACK_OFF_LOST : BACK_OFF;
  const tried = media.phase === 'switching_to_sfu' && media.room !== 'opening' ? [media.room.server] : [];
  const noServer =
    reason === 'media-server-failed' && media.phase === 'switching_to_sfu' && media.room === 'opening';
  return { at: now + Math.min(first * 2 ** (failures - 1), longest), failures, noServer, last: tried };
}

/**
 * A room is gone, and the media in it. If it was the one that served, the call needs another at once (`decide` sees to
 * that): nobody joins again, and the mode stays `sfu`.
 */
export function loseRoom(
  state: CallState,
  lost: Extract<CallEvent, { type: 'room-lost' }>,
  now: number,
): Step {
  const { media, draining } = state;
  if (draining && isRoom(draining.room, lost)) return unchanged({ ...state, draining: null });
  switch (media.phase) {
    case 'p2p':
      return loseStandby(state, (room) => isRoom(room, lost), false, now);
    case 'switching_to_sfu':
      if (media.room !== 'opening' && isRoom(media.room, lost))
        return abort(state, 'media-server-failed', now);
      // The one it leaves went sooner than told; the switch goes on.
      return media.from.kind === 'room' && isRoom(media.from.room, lost)
        ? unchanged({ ...state, media: { ...media, from: { kind: 'lost', room: media.from.room } } })
        : unchanged(state);
    case 'switching_to_p2p': {
      if (!isRoom(media.room, lost)) return unchanged(state);
      // There is nothing left that could be kept: whatever plays on the new path is better.
      const step = commit(state, now);
      return { ...step, state: { ...step.state, draining: null } };
    }
    case 'sfu': {
      if (media.standing === 'lost' || !isRoom(media.room, lost)) return unchanged(state);
      const last = lost.serverGone === true ? [media.room.server] : [];
      return unchanged({
        ...state,
        media: { ...media, standing: 'lost' },
        retry: { at: now, failures: 0, noServer: false, last },
      });
    }
  }
}

/** A media server is about to close a room of the call: `decide` moves it while the old one runs. */
export function leaveRoom(
  state: CallState,
  moving: Extract<CallEvent, { type: 'room-moving' }>,
  now: number,
): Step {
  const { media } = state;
  switch (media.phase) {
    case 'p2p':
      return loseStandby(state, (room) => isRoom(room, moving), true, now);
    case 'switching_to_sfu':
      // To where nothing can stay: it is tried elsewhere.
      return media.room !== 'opening' && isRoom(media.room, moving)
        ? abort(state, 'media-server-failed', now)
        : unchanged(state);
    case 'switching_to_p2p':
      return isRoom(media.room, moving)
        ? unchanged({ ...state, media: { ...media, standing: 'leaving' } })
        : unchanged(state);
    case 'sfu':
      if (media.standing === 'lost' || !isRoom(media.room, moving)) return unchanged(state);
      if (media.standing === 'serving')
        return unchanged({ ...state, media: { ...media, standing: 'leaving' }, retry: null });
      // Told again, because it is about time: an attempt that waits after a failure is made at once.
      return unchanged(retriedAtOnce(state, now));
  }
}

/** A media server that was about to close a room of the call keeps it: what leads away from there is given up. */
export function stayInRoom(
  state: CallState,
  staying: Extract<CallEvent, { type: 'room-staying' }>,
  now: number,
): Step {
  const { media } = state;
  switch (media.phase) {
    case 'p2p':
      return unchanged(state);
    case 'switching_to_sfu': {
      if (media.from.kind !== 'room' || !isRoom(media.from.room, staying)) return unchanged(state);
      const { room } = media.from;
      const step = abort(state, 'superseded', now);
      const after = {
        ...step.state,
        media: { phase: 'sfu', room, standing: 'serving' },
        retry: null,
      } as const;
      return { ...step, state: after };
    }
    case 'switching_to_p2p':
      return isRoom(media.room, staying) && media.standing === 'leaving'
        ? unchanged({ ...state, media: { ...media, standing: 'serving' } })
        : unchanged(state);
    case 'sfu':
      return isRoom(media.room, staying) && media.standing === 'leaving'
        ? unchanged({ ...state, media: { ...media, standing: 'serving' }, retry: null })
        : unchanged(state);
  }
}

/** What tells a client to build the new path; a late joiner gets it with the answer to its join. */
export function prepareMessage(
  callId: string,
  media: Switching & { room: Room },
  now: number,
): ModeSwitchPrepare {
  const { transition, room } = media;
  const toSfu = media.phase === 'switching_to_sfu';
  return {
    phase: 'prepare',
    callId,
    transitionId: transition.id,
    epoch: transition.epoch,
    from: modeOf(media),
    mode: toSfu ? 'sfu' : 'p2p',
    reason: transition.reason,
    deadlineMs: Math.max(0, transition.deadline - now),
    ...(transition.initiator !== null && { initiator: transition.initiator }),
    ...(toSfu && { rtpCapabilities: room.rtpCapabilities }),
  };
}

function committed(
  callId: string,
  { id: transitionId, epoch, reason }: Transition,
  from: Mode,
  mode: Mode,
): Effect {
  return {
    type: 'broadcast',
    except: null,
    message: {
      name: 'call:mode-switch',
      payload: { phase: 'commit', callId, transitionId, epoch, from, mode, reason, deadlineMs: 0 },
    },
  };
}

function startedRecord(
  { recordId, media }: CallState,
  transition: Transition,
  to: Mode,
  now: number,
): Effect {
  const { id: transitionId, reason, initiator, epoch } = transition;
  return {
    type: 'record',
    entry: {
      type: 'transition-started',
      recordId,
      transitionId,
      from: modeOf(media),
      to,
      reason,
      initiator,
      epoch,
      at: now,
    },
  };
}

export function endedRecord(
  { id: transitionId, startedAt, reason }: Transition,
  to: Mode,
  outcome: 'committed' | 'aborted',
  abortReason: AbortReason | null,
  now: number,
): Effect {
  const durationMs = now - startedAt;
  return {
    type: 'record',
    entry: { type: 'transition-ended', transitionId, to, reason, outcome, abortReason, at: now, durationMs },
  };
}

/**
 * Those whom a switch waits for. Not those who need a media server: theirs are light clients, which rebuild when they hear
 * of it, and one that is slow must not hold up everybody else's switch.
 */
function awaitedIds(state: CallState): string[] {
  return state.members
    .filter(({ link, needsServer }) => link.kind === 'connected' && needsServer !== true)
    .map(({ participantId }) => participantId);
}
