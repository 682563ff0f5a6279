import { expect, test } from '@jest/globals';
import type { FloorAnswer } from '@crossfade/shared/floor';
import { Floor, type FloorEvent } from './floor.ts';
import type { Request } from './signalling.ts';

const callId = 'call';

function stage(answers: FloorAnswer[] = []) {
  const asked: [string, object][] = [];
  const heard: FloorEvent[] = [];
  let changes = 0;
  const request = ((name: string, payload: object) => {
    asked.push([name, payload]);
    return Promise.resolve(answers.shift());
  }) as unknown as Request;
  const floor = new Floor({ callId, selfId: () => 'me', request, changed: () => (changes += 1) });
  const stop = floor.subscribe((event) => heard.push(event));
  return { floor, asked, heard, stop, changes: () => changes };
}

test('there is none until the gateway tells of it', () => {
  const { floor, changes } = stage();
  floor.joined(undefined);
  expect([floor.view, changes()]).toEqual([null, 0]);
  floor.joined({ holder: null, fence: 0, queued: 0 });
  expect(floor.view).toEqual({ holder: null, self: 'listening', queuePosition: null, fence: 0 });
  floor.gone();
  expect([floor.view, changes()]).toEqual([null, 2]);
});

test('who asks waits, speaks, and has spoken', async () => {
  const { floor, asked, heard } = stage([
    { granted: false, holder: 'ann', fence: 5, queuePosition: 2 },
    { granted: false },
  ]);
  floor.joined({ holder: 'ann', fence: 5, queued: 1 });
  await floor.request({ priority: 3 });
  expect(floor.view).toMatchObject({ holder: 'ann', self: 'waiting', queuePosition: 2 });
  floor.taken({ callId, holder: 'ben', fence: 6, priority: 0 });
  expect(floor.view).toMatchObject({ holder: 'ben', self: 'waiting' });
  floor.granted({ callId, fence: 7, priority: 3, remainingMs: 30_000 });
  expect(floor.view).toEqual({ holder: 'me', self: 'speaking', queuePosition: null, fence: 7 });
  await floor.release();
  expect(floor.view).toMatchObject({ holder: null, self: 'listening' });
  floor.idle({ callId, fence: 8 });
  expect(asked).toEqual([
    ['floor:request', { callId, priority: 3 }],
    ['floor:release', { callId }],
  ]);
  expect(heard).toEqual([
    { kind: 'taken', holder: 'ben' },
    { kind: 'granted', remainingMs: 30_000 },
    { kind: 'idle' },
  ]);
});

test('what comes late changes nothing, be it an event or an answer', async () => {
  const { floor, heard } = stage([{ granted: true, holder: 'me', fence: 8, remainingMs: 1 }]);
  floor.joined({ holder: 'ann', fence: 9, queued: 0 });
  floor.taken({ callId, holder: 'ben', fence: 7, priority: 0 });
  floor.idle({ callId, fence: 8 });
  floor.granted({ callId, fence: 8, priority: 0, remainingMs: 1 });
  floor.revoked({ callId, fence: 8, reason: 'pre-empted' });
  await floor.request();
  expect(floor.view).toMatchObject({ holder: 'ann', self: 'listening', fence: 9 });
  expect(heard.map(({ kind }) => kind)).toEqual(['revoked']);
});

test('a denial is heard once, told in the answer or, by an older gateway, beside it', async () => {
  const answer = { granted: false, holder: 'ann', fence: 5 };
  const { floor, heard } = stage([
    { ...answer, denied: 'taken' },
    { ...answer, denied: 'retry-after', retryAfterMs: 7 },
  ]);
  floor.joined({ holder: 'ann', fence: 5, queued: 1, queuePosition: 1 });
  await floor.request({ queue: false });
  expect(floor.view).toMatchObject({ holder: 'ann', self: 'listening' });
  const asking = floor.request();
  floor.denied({ callId, reason: 'retry-after', retryAfterMs: 7 });
  await asking;
  expect(heard).toEqual([
    { kind: 'denied', reason: 'taken', retryAfterMs: undefined },
    { kind: 'denied', reason: 'retry-after', retryAfterMs: 7 },
  ]);
});

test('who is revoked or denied listens, and hears why', () => {
  const { floor, heard, stop, changes } = stage();
  floor.joined({ holder: 'me', fence: 4, queued: 0, remainingMs: 5 });
  expect(floor.view?.self).toBe('speaking');
  floor.revoked({ callId, fence: 4, reason: 'too-long', retryAfterMs: 3_000 });
  expect(floor.view).toMatchObject({ holder: null, self: 'listening' });
  floor.joined({ holder: 'ann', fence: 6, queued: 1, queuePosition: 1 });
  expect(floor.view?.self).toBe('waiting');
  floor.denied({ callId, reason: 'blocked' });
  expect(floor.view).toMatchObject({ holder: 'ann', self: 'listening' });
  const before = changes();
  stop();
  floor.denied({ callId, reason: 'queue-full' });
  expect(changes()).toBe(before);
  expect(heard).toEqual([
    { kind: 'revoked', reason: 'too-long', retryAfterMs: 3_000 },
    { kind: 'denied', reason: 'blocked', retryAfterMs: undefined },
  ]);
});
