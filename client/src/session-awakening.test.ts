/** What a session does when the device wakes up, and which step of getting back its snapshot tells. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { joinedAlone, stageSession, standInPage } from './testing/session-stage.ts';

const page = standInPage();

beforeEach(() => {
  jest.useFakeTimers();
  Object.defineProperty(globalThis.navigator, 'onLine', { value: true, configurable: true });
});
afterEach(() => {
  jest.useRealTimers();
});

function stage() {
  const joined = joinedAlone();
  /** Undefined: the gateway does not answer. */
  let answer: JoinAnswer | undefined;
  const { session, told, lose, ...staged } = stageSession(joined, (name) => {
    if (name !== 'call:join') return {};
    return answer ?? Promise.withResolvers().promise;
  });
  const comeBack = async () => {
    staged.comeBack();
    await jest.advanceTimersByTimeAsync(0);
  };
  const fire = async (name: string) => {
    page.dispatchEvent(new Event(name));
    await jest.advanceTimersByTimeAsync(300);
  };
  const answerWith = (given: JoinAnswer) => (answer = given);
  return { session, joined, lose, comeBack, fire, answerWith, reconnections: () => told.reconnections };
}

test('a lost connection is told, and over once the gateway has said how things stand', async () => {
  const { session, joined, lose, comeBack, answerWith } = stage();
  answerWith(joined);
  const told: string[] = [];
  lose();
  expect(session.snapshot.status).toEqual({ kind: 'reconnecting', step: 'signalling' });
  const back = comeBack();
  told.push(session.snapshot.status.kind);
  await back;
  told.push(session.snapshot.status.kind);
  // Connected again, but not in step yet; then the answer came.
  expect(told).toEqual(['reconnecting', 'joined']);
  await session.leave();
});

test('a page that is looked at again connects now, if it is not connected', async () => {
  const { session, lose, fire, reconnections } = stage();
  await fire('visibilitychange');
  expect(reconnections()).toBe(0);
  lose();
  await fire('visibilitychange');
  expect(reconnections()).toBe(1);
  await session.leave();
});

test('after sleep or in another network a connection has to answer, or is replaced', async () => {
  const { session, joined, fire, answerWith, reconnections } = stage();
  answerWith(joined);
  await fire('online');
  await jest.advanceTimersByTimeAsync(5_000);
  expect(reconnections()).toBe(0);
  await session.leave();

  const other = stage();
  await other.fire('resume');
  expect(other.reconnections()).toBe(0);
  await jest.advanceTimersByTimeAsync(4_000);
  expect(other.reconnections()).toBe(1);
  await other.session.leave();
});

test('a session that has ended does nothing on waking', async () => {
  const { session, fire, lose, reconnections } = stage();
  await session.leave();
  lose();
  await fire('online');
  expect(reconnections()).toBe(0);
});
