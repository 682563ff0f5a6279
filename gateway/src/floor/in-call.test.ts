import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../calls/events.ts';
import type { CallState } from '../calls/state.ts';
import { policy } from '../calls/testing/call-world.ts';
import { reduce } from '../calls/reduce.ts';
import { floorAnswer, floorView } from './in-call.ts';

const NOW = 1_000_000;

function after(state: CallState | null, event: CallEvent, now = NOW) {
  const reduction = reduce(state, event, policy, now);
  if (reduction.kind === 'refused') throw new Error(reduction.code);
  if (!reduction.state) throw new Error('the call has ended');
  return { state: reduction.state, effects: reduction.effects };
}

function joined(state: CallState | null, participantId: string): CallState {
  return after(state, {
    type: 'join',
    callId: 'c',
    socketId: `socket-${participantId}`,
    gatewayId: 'g',
    fresh: { participantId, sessionId: `x-${participantId}`, recordId: 'r' },
    resume: null,
    userId: `user-${participantId}`,
    displayName: participantId,
    grants: { publish: true, subscribe: true, moderate: false },
    media: { audio: true, video: false, screen: false },
    policy: { requires: ['push-to-talk'] },
  }).state;
}

const request = (participantId: string, queue = true): CallEvent => ({
  type: 'floor-request',
  participantId,
  priority: 0,
  queue,
});

describe('a grant that is forgotten', () => {
  const spoken = () => after(joined(joined(null, 'ann'), 'ben'), request('ann')).state;

  test('who has the floor has it under a number above, for as long as before, and everyone hears the number', () => {
    const before = spoken();
    const fence = before.floor?.fence ?? 0;
    const { state, effects } = after(before, { type: 'floor-behind', fence }, NOW + 100);
    expect(state.floor).toEqual({
      ...before.floor,
      fence: NOW + 100,
      holder: { ...before.floor?.holder, formerly: [fence] },
    });
    expect(effects.map(({ type }) => type)).toEqual(['enforce', 'send', 'broadcast']);
    expect(effects).toContainEqual({
      type: 'send',
      to: 'ann',
      message: {
        name: 'floor:granted',
        payload: { callId: 'c', fence: NOW + 100, priority: 0, remainingMs: 300 },
      },
    });
    // The clock may stand still.
    expect(after(before, { type: 'floor-behind', fence }).state.floor?.fence).toBe(fence + 1);
  });

  test('whoever gives back what they were granted gives it back under each of its numbers, and under no other', () => {
    const first = spoken();
    const numbers = [first.floor?.fence ?? 0];
    let state = first;
    for (const at of [NOW + 100, NOW + 200]) {
      state = after(state, { type: 'floor-behind', fence: state.floor?.fence ?? 0 }, at).state;
      numbers.push(state.floor?.fence ?? 0);
    }
    expect(numbers).toEqual([NOW, NOW + 100, NOW + 200]);
    const release = (participantId: string, fence: number) =>
      after(state, { type: 'floor-release', participantId, fence }, NOW + 210).state.floor;
    for (const fence of numbers) expect(release('ann', fence)?.holder).toBeNull();
    for (const fence of [NOW - 1, NOW + 150]) expect(release('ann', fence)).toBe(state.floor);
    expect(release('ben', NOW)).toBe(state.floor);
    // The next grant is another one.
    state = after(state, { type: 'floor-release', participantId: 'ann', fence: null }, NOW + 220).state;
    state = after(state, request('ann'), NOW + 230).state;
    for (const fence of numbers)
      expect(release('ann', fence)?.holder).toMatchObject({ participantId: 'ann' });
  });

  test('nor does anybody else keep it while nobody has the floor', () => {
    const before = after(spoken(), { type: 'floor-release', participantId: 'ann', fence: null }).state;
    const fence = before.floor?.fence ?? 0;
    const { state, effects } = after(before, { type: 'floor-behind', fence }, NOW + 100);
    expect(state.floor).toMatchObject({ holder: null, fence: NOW + 100 });
    expect(effects.map(({ type }) => type)).toEqual(['enforce', 'broadcast']);
  });

  test('told of another number, of a call without a floor, or of none at all, nothing happens', () => {
    const before = spoken();
    expect(after(before, { type: 'floor-behind', fence: 1 })).toEqual({ state: before, effects: [] });
    const plain = { ...before, floor: null, policy: {} };
    expect(after(plain, { type: 'floor-behind', fence: NOW }).effects).toEqual([]);
    expect(reduce(null, { type: 'floor-behind', fence: 1 }, policy, NOW)).toMatchObject({ state: null });
  });
});

test('who is denied what they ask for is answered so, and hears it once; somebody else who is denied is told', () => {
  let state = ['ben', 'cleo', 'dan', 'eve'].reduce(joined, joined(null, 'ann'));
  const asks = (participantId: string, priority: number): CallEvent => ({
    type: 'floor-request',
    participantId,
    priority,
    queue: true,
  });
  for (const [id, priority] of [
    ['ann', 9],
    ['ben', 0],
    ['cleo', 0],
  ] as const)
    state = after(state, asks(id, priority)).state;
  const denied = (participantId: string, reason: string) => ({
    type: 'floor',
    news: { type: 'denied', participantId, reason },
  });
  // It is counted all the same.
  expect(after(state, request('dan', false)).effects).toEqual([denied('dan', 'taken')]);
  expect(after(state, request('dan')).effects).toEqual([denied('dan', 'queue-full')]);
  expect(after(state, asks('dan', 1)).effects).toEqual([
    denied('cleo', 'queue-full'),
    {
      type: 'send',
      to: 'cleo',
      message: { name: 'floor:denied', payload: { callId: 'c', reason: 'queue-full' } },
    },
  ]);
});

test('what one is told of the floor: who speaks, the own place, the time that is left, and why not', () => {
  let state = ['ben', 'cleo', 'dan', 'eve'].reduce(joined, joined(null, 'ann'));
  const asked = { request: true, waits: true };
  expect(floorAnswer(state, 'ann', { request: false, waits: false }, NOW)).toEqual({ granted: false });
  state = after(state, request('ann')).state;
  const told = { holder: 'ann', fence: state.floor?.fence };
  expect(floorAnswer(state, 'ann', asked, NOW + 150)).toEqual({ granted: true, remainingMs: 250, ...told });
  state = after(after(state, request('ben')).state, request('cleo')).state;
  expect(floorAnswer(state, 'cleo', asked, NOW)).toEqual({ granted: false, queuePosition: 2, ...told });
  expect(floorAnswer(after(state, request('dan')).state, 'dan', asked, NOW)).toEqual({
    granted: false,
    denied: 'queue-full',
    ...told,
  });
  expect(floorAnswer(state, 'dan', { request: true, waits: false }, NOW)).toMatchObject({ denied: 'taken' });
  expect(floorView(state, 'ben', NOW).floor).toEqual({ ...told, queued: 2, queuePosition: 1 });
  expect(floorView(state, 'ann', NOW + 9_999).floor).toMatchObject({ remainingMs: 0 });
  expect(floorView({ ...state, floor: null }, 'ann', NOW)).toEqual({});
  // Cut off for speaking too long: not again for a while.
  state = after(state, { type: 'tick' }, NOW + 400).state;
  expect(floorAnswer(state, 'ann', asked, NOW + 420)).toMatchObject({
    granted: false,
    denied: 'retry-after',
    retryAfterMs: 80,
    holder: 'ben',
  });
});
