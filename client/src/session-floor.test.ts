/** What the session of somebody alone in a call makes of the floor: what it announces, and when it tells the application. */
import { expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { joinedAlone, OFF, stageSession, standInPage } from './testing/session-stage.ts';

const on = { ...OFF, audio: true };

standInPage();

function stage(floor: JoinAnswer['floor']) {
  const updates: object[] = [];
  const staged = stageSession(
    { ...joinedAlone('me', on), ...(floor && { floor }) },
    (name, payload) => {
      if (name === 'call:update' && 'media' in payload) updates.push(payload.media as object);
      return {};
    },
    on,
  );
  return { ...staged, updates };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('where there is a floor nobody waits for this microphone; without one it is told again', async () => {
  const { session, updates, hear, told } = stage({ holder: null, fence: 3, queued: 0 });
  await settled();
  expect(session.snapshot.floor).toEqual({ holder: null, self: 'listening', queuePosition: null, fence: 3 });
  expect(updates).toEqual([{ ...on, audio: false }]);
  hear('floor:granted', { fence: 4, priority: 0, remainingMs: 9 });
  expect(session.snapshot.floor).toMatchObject({ holder: 'me', self: 'speaking', fence: 4 });
  // Of another call.
  hear('floor:idle', { callId: 'other', fence: 5 });
  expect(session.snapshot.floor?.fence).toBe(4);
  const before = told.changes;
  hear('call:updated', { locked: false, policy: {} });
  await settled();
  expect(session.snapshot.floor).toBeNull();
  expect(told.changes).toBeGreaterThan(before);
  expect(updates.at(-1)).toEqual(on);
  await session.leave();
});

test('a floor that begins while the call runs is known by its first event', async () => {
  const { session, updates, hear } = stage(undefined);
  await settled();
  expect([session.snapshot.floor, updates]).toEqual([null, []]);
  hear('floor:idle', { fence: 1 });
  await settled();
  expect(session.snapshot.floor).toMatchObject({ holder: null, self: 'listening' });
  expect(updates).toEqual([{ ...on, audio: false }]);
  await session.leave();
});
