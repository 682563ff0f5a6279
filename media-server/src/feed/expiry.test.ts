import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { after } from './expiry.ts';

const DAY_MS = 86_400_000;

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => void jest.useRealTimers());

it('waits for months', () => {
  const runs: number[] = [];
  after(100 * DAY_MS, () => runs.push(Date.now()));
  jest.advanceTimersByTime(100 * DAY_MS);
  expect(runs).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(runs).toEqual([100 * DAY_MS + 1]);
  expect(jest.getTimerCount()).toBe(0);
});

it('notices within a minute that the clock was set forward', () => {
  const run = jest.fn();
  after(DAY_MS, run);
  jest.setSystemTime(2 * DAY_MS);
  jest.advanceTimersByTime(60_000);
  expect(run).toHaveBeenCalledTimes(1);
});

it('can be cancelled', () => {
  const run = jest.fn();
  after(1_000, run)();
  jest.advanceTimersByTime(DAY_MS);
  expect(run).not.toHaveBeenCalled();
  expect(jest.getTimerCount()).toBe(0);
});
