/** What a moderator does to a call, and what it means for its members. Pure. */
import type { ErrorCode } from '@crossfade/shared/errors';
import type { Blockable } from '@crossfade/shared/moderation';
import { heldBack } from './blocks.ts';
import type { Effect, Moderation } from './events.ts';
import { removeMember } from './members.ts';
import { memberOf, publicView, type CallState, type Member } from './state.ts';
import { andThen, unchanged, type Step } from './step.ts';

/**
 * Carries out what a moderator wants.
 * @param by the moderator's participant; whether they may has been checked
 */
export function moderate(
  state: CallState,
  by: string,
  action: Moderation,
  now: number,
): Step | { code: ErrorCode } {
  switch (action.kind) {
    case 'lock':
      return lock(state, action.locked);
    case 'end':
      return end(state, now);
    case 'mute': {
      const target = memberOf(state, action.participantId);
      return target ? block(state, target.userId, action) : { code: 'participant-not-found' };
    }
    case 'remove': {
      const target = memberOf(state, action.participantId);
      if (!target) return { code: 'participant-not-found' };
      // Whoever wants to go can leave; removing oneself would be for good. The token allows it, the request makes no sense.
      if (memberOf(state, by)?.userId === target.userId) return { code: 'validation-failed' };
      return remove(state, target.userId, action.message, now);
    }
  }
}

/** Blocks are of the user, whoever has several participants or comes back as another one. */
function block(
  state: CallState,
  userId: string,
  { media, muted }: Extract<Moderation, { kind: 'mute' }>,
): Step {
  const others = state.blockedUsers.filter((each) => each.userId !== userId);
  const before = state.blockedUsers.find((each) => each.userId === userId)?.kinds ?? [];
  if (before.includes(media) === muted) {
    // Asked for once more, it may not have been brought about: whoever wrote it may have died before it was.
    return muted ? { state, effects: [{ type: 'enforce' }] } : unchanged(state);
  }
  const kinds: readonly Blockable[] = muted ? [...before, media] : before.filter((kind) => kind !== media);
  const blockedUsers = kinds.length === 0 ? others : [...others, { userId, kinds }];
  // What is given back stays off until its owner switches it on: nobody is unmuted by somebody else.
  const changed = (member: Member): Member =>
    member.userId === userId ? { ...member, blocked: kinds, media: heldBack(member.media, kinds) } : member;
  const members = state.members.map(changed);
  return {
    state: { ...state, blockedUsers, members },
    effects: [
      ...members
        .filter((member) => member.userId === userId)
        .map((member): Effect => {
          const payload = { callId: state.callId, participant: publicView(member) };
          return { type: 'broadcast', except: null, message: { name: 'call:participant-updated', payload } };
        }),
      ...(muted ? [{ type: 'enforce' } as const] : []),
    ],
  };
}

function remove(state: CallState, userId: string, message: string | undefined, now: number): Step {
  const { callId } = state;
  const removed: Step = { state: { ...state, removedUsers: [...state.removedUsers, userId] }, effects: [] };
  return state.members
    .filter((member) => member.userId === userId)
    .reduce<Step>((step, member) => {
      const told = released(member, {
        callId,
        reason: 'removed',
        ...(message !== undefined && message !== '' && { message }),
      });
      const left = andThen(step, (after) => removeMember(after, member.participantId, 'removed', now));
      return { state: left.state, effects: [...told, ...left.effects] };
    }, removed);
}

function lock(state: CallState, locked: boolean): Step {
  if (state.locked === locked) return unchanged(state);
  const { callId, policy } = state;
  return {
    state: { ...state, locked },
    effects: [
      {
        type: 'broadcast',
        except: null,
        message: { name: 'call:updated', payload: { callId, locked, policy } },
      },
    ],
  };
}

/** Nobody is left: what follows is as after the last one has gone by themselves. */
function end(state: CallState, now: number): Step {
  const { callId, recordId, members } = state;
  return {
    state: { ...state, members: [] },
    effects: members.flatMap((member): Effect[] => [
      ...released(member, { callId, reason: 'ended' }),
      {
        type: 'record',
        entry: {
          type: 'participant-left',
          recordId,
          participantId: member.participantId,
          at: now,
          reason: 'ended',
        },
      },
    ]),
  };
}

function released(
  { participantId, link }: Member,
  payload: { callId: string; reason: 'ended' | 'removed'; message?: string },
): Effect[] {
  if (link.kind !== 'connected') return [];
  const message = { name: 'call:ended', payload } as const;
  return [{ type: 'release-socket', socketId: link.socketId, participantId, message }];
}
