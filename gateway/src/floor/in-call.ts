/**
 * The floor of a call: there as long as its policy requires push-to-talk, and of those who are in the call. Pure. Times on
 * it are whole milliseconds, which a clock that follows another one does not give.
 */
import type { ErrorCode } from '@crossfade/shared/errors';
import type { FloorAnswer, FloorState } from '@crossfade/shared/floor';
import { heldBack } from '../calls/blocks.ts';
import type { CallEvent, Effect } from '../calls/events.ts';
import { memberOf, publicView, type CallPolicy, type CallState } from '../calls/state.ts';
import { unchanged, type Step } from '../calls/step.ts';
import { effectivePolicy } from '../mode/policy.ts';
import {
  barredFor,
  closeFloor,
  releaseFloor,
  requestFloor,
  settleFloor,
  type FloorNews,
  type FloorStep,
  type People,
} from './reduce.ts';
import { NEW_FLOOR, type Floor } from './state.ts';
import { floorEffects } from './tell.ts';

type Request = Extract<CallEvent, { type: 'floor-request' | 'floor-release' }>;

/** Somebody in the call asks for the floor, or gives it back. */
export function answerOnFloor(
  state: CallState,
  event: Request,
  policy: CallPolicy,
  nowMs: number,
): Step | { code: ErrorCode } {
  const now = Math.floor(nowMs);
  const floor = floorOf(state, policy, now);
  if (!floor) return { code: 'no-floor' };
  const { participantId } = event;
  const people = peopleOf(state);
  if (event.type === 'floor-release') {
    return taken(state, releaseFloor(floor, event, people, policy.floor, now));
  }
  if (memberOf(state, participantId)?.blocked.includes('audio') === true)
    return { code: 'blocked-by-moderator' };
  return taken(state, requestFloor(floor, event, people, policy.floor, now), participantId);
}

/** After every event: whether there is a floor, and who has it now. */
export function settleCallFloor(state: CallState, policy: CallPolicy, nowMs: number): Step {
  const now = Math.floor(nowMs);
  const floor = floorOf(state, policy, now);
  if (!floor) return state.floor ? withoutFloor(state, state.floor) : unchanged(state);
  if (!state.floor) return withFloor(state, floor);
  return taken(state, settleFloor(floor, peopleOf(state), policy.floor, now));
}

/**
 * What was done under a later number than this one is of a grant that is forgotten: from here on who has the floor now has
 * it under a number above that, so that it can be brought about.
 */
export function renumberFloor(state: CallState, behind: number, nowMs: number): Step {
  const { callId, floor } = state;
  if (floor?.fence !== behind) return unchanged(state);
  const now = Math.floor(nowMs);
  const fence = Math.max(behind + 1, now);
  const { holder } = floor;
  const news: FloorNews = holder
    ? {
        type: 'granted',
        participantId: holder.participantId,
        fence,
        priority: holder.priority,
        remainingMs: Math.max(0, holder.until - now),
        waitedMs: 0,
      }
    : { type: 'idle', fence };
  // It is no other grant: only clients hear of it.
  return {
    state: {
      ...state,
      floor: {
        ...floor,
        fence,
        holder: holder && { ...holder, formerly: [...(holder.formerly ?? []), behind] },
      },
    },
    effects: [{ type: 'enforce' }, ...floorEffects(callId, news)],
  };
}

/** The floor as whoever joins finds it; nothing if the call has none. */
export function floorView({ floor }: CallState, participantId: string, now: number): { floor?: FloorState } {
  if (!floor) return {};
  const { holder, fence, queue } = floor;
  return {
    floor: {
      holder: holder?.participantId ?? null,
      fence,
      queued: queue.length,
      ...placeOf(floor, participantId),
      ...remainingOf(floor, participantId, now),
    },
  };
}

/** What the floor is for whoever has just asked for it. @param waits whether the request was one that waits */
export function floorAnswer(
  { floor, members }: CallState,
  participantId: string,
  asked: { request: boolean; waits: boolean },
  now: number,
): FloorAnswer {
  if (!floor) return { granted: false };
  const { holder, fence } = floor;
  const granted = holder?.participantId === participantId;
  const place = placeOf(floor, participantId);
  const answer: FloorAnswer = {
    granted,
    ...(holder && { holder: holder.participantId, fence }),
    ...place,
    ...remainingOf(floor, participantId, now),
  };
  if (!asked.request || granted || place.queuePosition !== undefined) return answer;
  const { userId } = members.find((each) => each.participantId === participantId) ?? {};
  const retryAfterMs = barredFor(floor, userId, Math.floor(now));
  if (retryAfterMs !== null) return { ...answer, denied: 'retry-after', retryAfterMs };
  return { ...answer, denied: asked.waits ? 'queue-full' : 'taken' };
}

function placeOf({ queue }: Floor, participantId: string): { queuePosition?: number } {
  const place = queue.findIndex((each) => each.participantId === participantId);
  return place < 0 ? {} : { queuePosition: place + 1 };
}

function remainingOf({ holder }: Floor, participantId: string, now: number): { remainingMs?: number } {
  return holder?.participantId === participantId
    ? { remainingMs: Math.max(0, Math.ceil(holder.until - now)) }
    : {};
}

/** Null: whoever wants to may speak. */
function floorOf(state: CallState, policy: CallPolicy, now: number): Floor | null {
  if (!effectivePolicy(policy, state.policy).requires.includes('push-to-talk')) return null;
  if (state.floor) return state.floor;
  const { lastFence } = state;
  return lastFence === undefined ? NEW_FLOOR : { ...NEW_FLOOR, fence: Math.max(lastFence + 1, now) };
}

function peopleOf(state: CallState): People {
  return (participantId) => {
    const member = memberOf(state, participantId);
    if (!member) return undefined;
    const { userId, blocked, link } = member;
    if (blocked.includes('audio')) return { userId, is: 'muted' };
    return { userId, is: link.kind === 'connected' ? 'here' : 'lost' };
  };
}

/** @param asker who is answered this: that they are denied need not be told them as well */
function taken(state: CallState, { floor, news }: FloorStep, asker?: string): Step {
  const effects = news.flatMap((each): Effect[] =>
    each.type === 'denied' && each.participantId === asker
      ? [{ type: 'floor', news: each }]
      : told(state.callId, each),
  );
  if (floor === state.floor) return effects.length === 0 ? unchanged(state) : { state, effects };
  const turned = floor.fence !== state.floor?.fence;
  return {
    state: { ...state, floor },
    // First, for it takes longest.
    effects: [...(turned ? [{ type: 'enforce' } as const] : []), ...effects],
  };
}

/** From here on nobody is heard but who has the floor: what others are told to expect of anybody is no sound. */
function withFloor(state: CallState, floor: Floor): Step {
  const members = state.members.map((member) => ({ ...member, media: heldBack(member.media, ['audio']) }));
  const changed = members.filter((member, i) => member.media !== state.members[i]?.media);
  const idle = { type: 'idle', fence: floor.fence } as const;
  return {
    state: { ...state, members, floor },
    effects: [
      { type: 'enforce' },
      ...changed.map((member): Effect => ({
        type: 'broadcast',
        except: null,
        message: {
          name: 'call:participant-updated',
          payload: { callId: state.callId, participant: publicView(member) },
        },
      })),
      ...told(state.callId, idle),
    ],
  };
}

/** What was held back stays so until its owner switches it on: nobody is unmuted by somebody else. */
function withoutFloor(state: CallState, floor: Floor): Step {
  return {
    state: { ...state, floor: null, lastFence: floor.fence },
    effects: closeFloor(floor).flatMap((news) => told(state.callId, news)),
  };
}

function told(callId: string, news: FloorNews): Effect[] {
  return [{ type: 'floor', news }, ...floorEffects(callId, news)];
}
