import { expect, it } from '@jest/globals';
import { fullAllowance, spend, type Verdict } from './allowance.ts';

const limits = { burst: 10, perSecond: 5, refusals: 3 };

function verdicts(times: readonly number[]): Verdict[] {
  let allowance = fullAllowance(limits, 0);
  return times.map((now) => {
    const spent = spend(allowance, limits, now);
    allowance = spent.allowance;
    return spent.verdict;
  });
}
const count = (all: Verdict[], verdict: Verdict) => all.filter((one) => one === verdict).length;

it('serves a burst, refuses a few, then closes', () => {
  const all = verdicts(Array.from({ length: 14 }, () => 0));
  expect([count(all, 'serve'), count(all, 'refuse'), all.at(-1)]).toEqual([10, 3, 'close']);
});

it('serves for ever whoever keeps to the rate', () => {
  const all = verdicts(Array.from({ length: 1_000 }, (_, index) => index * 200));
  expect(new Set(all)).toEqual(new Set(['serve']));
});

it('closes whoever keeps on at five times the rate', () => {
  const all = verdicts(Array.from({ length: 40 }, (_, index) => index * 40));
  expect(count(all, 'serve')).toBeGreaterThan(10);
  expect(all.at(-1)).toBe('close');
});

it('forgives who slows down, and gives no more than the burst', () => {
  const all = verdicts([...Array.from({ length: 12 }, () => 0), ...Array.from({ length: 12 }, () => 60_000)]);
  expect(all.slice(10, 12)).toEqual(['refuse', 'refuse']);
  expect(count(all.slice(12), 'serve')).toBe(10);
});

it('is not confused by a clock that goes back', () => {
  expect(verdicts([1_000, 0, 1_000])).toEqual(['serve', 'serve', 'serve']);
});
