import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { FloorWish } from './floor-wish.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A floor that answers when it is told to. */
function slowFloor() {
  const asked: string[] = [];
  let open: PromiseWithResolvers<object> | undefined;
  const ask = (what: string) => () => {
    asked.push(what);
    open = Promise.withResolvers();
    return open.promise;
  };
  const settle = async (how: 'resolve' | 'reject' = 'resolve') => {
    if (how === 'resolve') open?.resolve({});
    else open?.reject(new Error('no'));
    await jest.advanceTimersByTimeAsync(0);
  };
  const failures: unknown[] = [];
  const floor = { request: ask('request'), release: ask('release') } as never;
  return { asked, settle, failures, wish: new FloorWish(floor, (error) => failures.push(error)) };
}

test('let go before the answer: it is given back after it, not beside it', async () => {
  const { asked, settle, wish } = slowFloor();
  wish.want(true);
  wish.want(false);
  expect(asked).toEqual(['request']);
  await settle();
  expect(asked).toEqual(['request', 'release']);
});

test('held again meanwhile: nothing is given back', async () => {
  const { asked, settle, wish } = slowFloor();
  wish.want(true);
  wish.want(false);
  wish.want(true);
  await settle();
  expect(asked).toEqual(['request']);
});

test('a refused wish is told, and not repeated; the next press asks again', async () => {
  const { asked, settle, failures, wish } = slowFloor();
  wish.want(true);
  await settle('reject');
  expect(failures).toHaveLength(1);
  wish.want(false);
  await settle();
  wish.want(true);
  expect(asked).toEqual(['request', 'release', 'request']);
});

test('to give it back is tried until it works', async () => {
  const { asked, settle, failures, wish } = slowFloor();
  wish.want(true);
  await settle();
  wish.want(false);
  await settle('reject');
  await jest.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(['request', 'release', 'release']);
  await settle();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(asked).toHaveLength(3);
  expect(failures).toEqual([]);
});

test('who has the floor and does not hold the button gives it back; who holds it keeps it', async () => {
  const { asked, settle, wish } = slowFloor();
  wish.standing();
  expect(asked).toEqual(['release']);
  await settle();
  wish.want(true);
  wish.standing();
  await settle();
  expect(asked).toEqual(['release', 'request']);
});

test('when the call is over it is given back once', async () => {
  const { asked, settle, wish } = slowFloor();
  wish.want(true);
  await settle();
  wish.close();
  await settle('reject');
  await jest.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual(['request', 'release']);
});
