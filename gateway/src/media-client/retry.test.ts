import { describe, expect, test } from '@jest/globals';
import { retryAfterMs, waitBeforeRetry, type Outcome } from './retry.ts';

const calm = { retryAfterMs: null, leftMs: 4_000, random: 1 };
const answer = (
  status: number,
  code?: 'rate-limited' | 'no-capacity' | 'draining' | 'internal',
): Outcome => ({
  kind: 'answer',
  status,
  code,
});

test.each<[string, Outcome, boolean]>([
  ['no answer', { kind: 'no-answer' }, true],
  ['200', answer(200), false],
  ['404', answer(404), false],
  ['422', answer(422), false],
  ['429 rate-limited', answer(429, 'rate-limited'), true],
  ['500 internal', answer(500, 'internal'), true],
  ['502 of something in between', answer(502), true],
  ['503 of something in between', answer(503), true],
  ['503 no-capacity', answer(503, 'no-capacity'), false],
  ['503 draining', answer(503, 'draining'), false],
])('after %s: %s', (_name, outcome, again) => {
  expect(waitBeforeRetry(outcome, 1, calm) !== null).toBe(again);
});

describe('the wait', () => {
  const lost: Outcome = { kind: 'no-answer' };

  test('doubles with each attempt, of which there are four', () => {
    expect([1, 2, 3, 4].map((attempt) => waitBeforeRetry(lost, attempt, calm))).toEqual([
      100,
      200,
      400,
      null,
    ]);
  });

  test('is anything from nothing on', () => {
    expect(waitBeforeRetry(lost, 3, { ...calm, random: 0 })).toBe(0);
  });

  test('is at least what the answer asked for', () => {
    const limited = answer(429, 'rate-limited');
    expect(waitBeforeRetry(limited, 1, { ...calm, retryAfterMs: 1_000 })).toBe(1_100);
  });

  test('is none if it takes longer than the request may', () => {
    expect(waitBeforeRetry(lost, 1, { ...calm, leftMs: 100 })).toBeNull();
    expect(waitBeforeRetry(answer(429, 'rate-limited'), 1, { ...calm, retryAfterMs: 60_000 })).toBeNull();
  });
});

test('Retry-After is a number of seconds, or a date', () => {
  expect(retryAfterMs('2', 0)).toBe(2_000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:05 GMT', 2_000)).toBe(3_000);
  expect(retryAfterMs('Thu, 01 Jan 1970 00:00:05 GMT', 9_000)).toBe(0);
  expect(retryAfterMs('soon', 0)).toBeNull();
  expect(retryAfterMs(undefined, 0)).toBeNull();
});
