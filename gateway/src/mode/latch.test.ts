import { expect, test } from '@jest/globals';
import { latched, troubleOf } from './latch.ts';

const minute = 60_000;

test('a minute at first, twice as long each time it comes again soon, sixteen minutes at most', () => {
  let latch = latched(null, 'failed', 0);
  const holds = [latch.holdMs];
  for (let again = 0; again < 6; again += 1) {
    latch = latched(latch, 'degraded', latch.until);
    holds.push(latch.holdMs);
  }
  expect(holds.map((ms) => ms / minute)).toEqual([1, 2, 4, 8, 16, 16, 16]);
  expect(latch.why).toBe('degraded');
});

test('what was learnt fades: half of it with every five minutes', () => {
  const eight = { why: 'failed', until: 0, holdMs: 8 * minute } as const;
  expect(latched(eight, 'failed', 5 * minute).holdMs).toBe(8 * minute);
  expect(latched(eight, 'failed', 10 * minute).holdMs).toBe(4 * minute);
  expect(latched(eight, 'failed', 60 * minute).holdMs).toBe(minute);
});

test('while it holds, the other end that tells of the same failure adds nothing', () => {
  const first = latched(null, 'failed', 0);
  expect(latched(first, 'failed', 30_000)).toBe(first);
});

test.each([
  [{ state: 'connected' }, null],
  [{ state: 'connected', rttMs: 120, relayed: true }, null],
  [{ state: 'connected', rttMs: 1_600 }, 'degraded'],
  [{ state: 'degraded', relayed: true }, 'degraded'],
  [{ state: 'failed', rttMs: 900 }, 'failed'],
] as const)('%j', (report, trouble) => {
  expect(troubleOf(report, 'allow')).toBe(trouble);
});

test('a relayed path is trouble only where the policy minds', () => {
  expect(troubleOf({ state: 'connected', relayed: true }, 'sfu')).toBe('relayed');
});
