/** Who is in a call: joining, resuming, leaving. Pure. */
import type { ErrorCode } from '@crossfade/shared/errors';
import type { MediaState } from '@crossfade/shared/signalling';
import { effectivePolicy } from '../mode/policy.ts';
import { blockedOf, refusalOf, toldMedia } from './blocks.ts';
import type { CallEvent, Effect } from './events.ts';
import { memberOf, publicView, roomsOf, type CallPolicy, type CallState, type Member } from './state.ts';
import { andThen, unchanged, type Step } from './step.ts';
import { noLongerAwaited, retriedAtOnce } from './switch.ts';

type Join = Extract<CallEvent, { type: 'join' }>;

/** Why a participant is taken out of a call. */
export type LeaveReason = 'left' | 'connection-lost' | 'replaced' | 'removed';

/**
 * Takes a participant in, or gives a lost one their place back. A user has one session in a call: a new one, which does
 * not prove to continue the old one, replaces it.
 */
export function addMember(
  state: CallState | null,
  join: Join,
  policy: CallPolicy,
  now: number,
): Step | { code: ErrorCode } {
  if (!state) return enter(newCall(join, now), join, true, now);
  const before = resumed(state, join);
  if (before) return takeOver(state, before, join);
  const older = state.members.filter(({ userId }) => userId === join.userId);
  const code =
    refusalOf(state, join.userId, older.length > 0) ??
    refusal(state, state.members.length - older.length, policy);
  if (code) return { code };
  const replaced = older.reduce<Step>(
    (step, member) => andThen(step, (after) => replaceSession(after, member, now)),
    unchanged(state),
  );
  return andThen(replaced, (after) => enter(after, join, false, now));
}

/**
 * Why somebody who is not in the call may not enter it; null: they may.
 * @param others how many would be in it with them
 */
function refusal(state: CallState, others: number, deployment: CallPolicy): ErrorCode | null {
  const policy = effectivePolicy(deployment, state.policy);
  if (others >= policy.maxParticipants) return 'call-full';
  // Nobody could see one more: a mesh carries no more, and there was no media server when it was last asked for.
  const meshOnly = state.retry?.noServer === true && roomsOf(state.media).length === 0;
  if (meshOnly && others >= policy.meshMaxParticipants) return 'media-server-unavailable';
  return null;
}

/** The older session of a user who joined again. */
function replaceSession(state: CallState, { participantId, link }: Member, now: number): Step {
  const step = removeMember(state, participantId, 'replaced', now);
  if (link.kind === 'lost') return step;
  const release = { type: 'release-socket', socketId: link.socketId, participantId } as const;
  return { ...step, effects: [release, ...step.effects] };
}

function enter(call: CallState, join: Join, first: boolean, now: number): Step {
  const { participantId, sessionId } = join.fresh;
  const { userId, displayName, grants, media, socketId, gatewayId } = join;
  const blocked = blockedOf(call, userId);
  const member: Member = {
    participantId,
    sessionId,
    userId,
    displayName,
    grants,
    media: toldMedia(media, blocked, call),
    blocked,
    joinedAt: now,
    needsServer: join.needsServer === true,
    link: { kind: 'connected', socketId, gatewayId },
  };
  const members = [...call.members, member];
  const { recordId } = call;
  const effects: Effect[] = [
    ...(first ? [started(call, now)] : []),
    {
      type: 'record',
      entry: {
        type: 'participant-joined',
        recordId,
        participantId,
        userId,
        displayName,
        at: now,
        participants: members.length,
      },
    },
    {
      type: 'broadcast',
      except: participantId,
      message: {
        name: 'call:participant-joined',
        payload: { callId: call.callId, participant: publicView(member) },
      },
    },
  ];
  const peakParticipants = Math.max(call.peakParticipants, members.length);
  // Somebody new: an attempt to switch that waits after a failure is made at once.
  return { state: retriedAtOnce({ ...call, members, peakParticipants }, now), effects };
}

function started(call: CallState, now: number): Effect {
  const { recordId, callId } = call;
  return { type: 'record', entry: { type: 'call-started', recordId, callId, at: now } };
}

function newCall(join: Join, now: number): CallState {
  return {
    callId: join.callId,
    recordId: join.fresh.recordId,
    startedAt: now,
    epoch: join.startEpoch ?? 0,
    members: [],
    policy: join.policy,
    locked: false,
    removedUsers: [],
    blockedUsers: [],
    floor: null,
    peakParticipants: 0,
    media: { phase: 'p2p' },
    transitions: 0,
    retry: null,
    draining: null,
    withinLimitSince: null,
    latch: null,
    recheckAt: null,
    decisions: [],
  };
}

/** The member this join continues: by proof of the session, or because the same socket asks twice. */
function resumed(state: CallState, { resume, socketId, userId }: Join): Member | undefined {
  const same = state.members.find(({ link }) => link.kind === 'connected' && link.socketId === socketId);
  if (same || !resume) return same;
  const member = memberOf(state, resume.participantId);
  return member?.sessionId === resume.sessionId && member.userId === userId ? member : undefined;
}

function takeOver(state: CallState, before: Member, join: Join): Step {
  const { link } = before;
  const media = toldMedia(join.media, before.blocked, state);
  // The same socket asks twice: it gets the same answer.
  if (link.kind === 'connected' && link.socketId === join.socketId && sameMedia(before.media, media))
    return unchanged(state);
  const member: Member = {
    ...before,
    needsServer: join.needsServer === true,
    media,
    link: { kind: 'connected', socketId: join.socketId, gatewayId: join.gatewayId },
  };
  const released =
    before.link.kind === 'connected' && before.link.socketId !== join.socketId ? before.link.socketId : null;
  return {
    state: replaceMember(state, member),
    effects: [
      ...(released === null
        ? []
        : [{ type: 'release-socket', socketId: released, participantId: member.participantId } as const]),
      updated(state, member),
    ],
  };
}

function sameMedia(a: MediaState, b: MediaState): boolean {
  return a.audio === b.audio && a.video === b.video && a.screen === b.screen;
}

function replaceMember(state: CallState, member: Member): CallState {
  const members = state.members.map((other) =>
    other.participantId === member.participantId ? member : other,
  );
  return { ...state, members };
}

function updated(state: CallState, member: Member): Effect {
  return {
    type: 'broadcast',
    except: member.participantId,
    message: {
      name: 'call:participant-updated',
      payload: { callId: state.callId, participant: publicView(member) },
    },
  };
}

export function updateMember(state: CallState, participantId: string, media: MediaState): Step {
  const before = memberOf(state, participantId);
  if (!before) return unchanged(state);
  const told = toldMedia(media, before.blocked, state);
  // Who says the same again tells the others nothing.
  if (sameMedia(before.media, told)) return unchanged(state);
  const member = { ...before, media: told };
  return { state: replaceMember(state, member), effects: [updated(state, member)] };
}

/** The signalling of a participant is lost: they may come back for a while, and no switch waits for them. */
export function loseMember(
  state: CallState,
  lost: { participantId: string; socketId: string },
  policy: CallPolicy,
  now: number,
): Step {
  const before = memberOf(state, lost.participantId);
  // The socket of a session that was resumed elsewhere meanwhile: nobody's any more.
  if (before?.link.kind !== 'connected' || before.link.socketId !== lost.socketId) return unchanged(state);
  return disconnect(state, before, policy, now);
}

/** Everyone who was connected through a gateway that is gone: they may come back through another one. */
export function loseGateway(state: CallState, gatewayId: string, policy: CallPolicy, now: number): Step {
  return state.members
    .filter(({ link }) => link.kind === 'connected' && link.gatewayId === gatewayId)
    .reduce<Step>(
      (step, member) => andThen(step, (after) => disconnect(after, member, policy, now)),
      unchanged(state),
    );
}

function disconnect(state: CallState, before: Member, policy: CallPolicy, now: number): Step {
  const member: Member = { ...before, link: { kind: 'lost', until: now + policy.resumeWindowMs } };
  return {
    state: noLongerAwaited(replaceMember(state, member), member.participantId),
    effects: [updated(state, member)],
  };
}

export function removeMember(
  state: CallState,
  participantId: string,
  reason: LeaveReason,
  now: number,
): Step {
  if (!memberOf(state, participantId)) return unchanged(state);
  const members = state.members.filter((member) => member.participantId !== participantId);
  const { callId, recordId } = state;
  return {
    state: noLongerAwaited({ ...state, members }, participantId),
    effects: [
      {
        type: 'broadcast',
        except: participantId,
        message: { name: 'call:participant-left', payload: { callId, participantId, reason } },
      },
      ...roomsOf(state.media).map((room) => ({ type: 'leave-room', room, participantId }) as const),
      { type: 'record', entry: { type: 'participant-left', recordId, participantId, at: now, reason } },
    ],
  };
}

/** Removes those who did not come back in time. */
export function dropLostMembers(state: CallState, now: number): Step {
  const gone = ({ link }: Member) => link.kind === 'lost' && link.until <= now;
  if (!state.members.some(gone)) return unchanged(state);
  return state.members
    .filter(gone)
    .reduce<Step>(
      (step, { participantId }) =>
        andThen(step, (after) => removeMember(after, participantId, 'connection-lost', now)),
      unchanged(state),
    );
}
