import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { UserClaims } from '@crossfade/shared/tokens';
import { onExpiry } from './until-expiry.ts';

const DAY_MS = 86_400_000;
/** How far clocks may be apart. */
const TOLERANCE_MS = 30_000;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const claims = (lifetimeMs: number) => ({ exp: (Date.now() + lifetimeMs) / 1_000 }) as UserClaims;

test.each([1, 24, 25, 60, 365])('a token that is good for %s days ends when it does', (days) => {
  const end = jest.fn();
  onExpiry(claims(days * DAY_MS), end);
  jest.advanceTimersByTime(days * DAY_MS + TOLERANCE_MS - 1_000);
  expect(end).not.toHaveBeenCalled();
  jest.advanceTimersByTime(2_000);
  expect(end).toHaveBeenCalledTimes(1);
});

test('not after it was cancelled, however late', () => {
  const end = jest.fn();
  const cancel = onExpiry(claims(60 * DAY_MS), end);
  jest.advanceTimersByTime(30 * DAY_MS);
  cancel();
  jest.advanceTimersByTime(60 * DAY_MS);
  expect(end).not.toHaveBeenCalled();
});
