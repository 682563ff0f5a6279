import { describe, expect, it } from '@jest/globals';
import { afterDeath, NO_DEATHS } from './deaths.ts';

const after = (...times: number[]) => times.reduce(afterDeath, NO_DEATHS).tooMany;

describe('afterDeath', () => {
  it('has enough with the third within a minute', () => {
    expect(after(0, 1_000)).toBe(false);
    expect(after(0, 1_000, 59_999)).toBe(true);
  });

  it('forgets what is a minute ago', () => {
    expect(after(0, 1_000, 60_000)).toBe(false);
    expect(after(0, 1_000, 60_000, 60_500)).toBe(true);
    expect(after(0, 40_000, 80_000, 120_000)).toBe(false);
  });

  it('has enough for good', () => {
    expect(after(0, 1, 2, 500_000)).toBe(true);
  });
});
