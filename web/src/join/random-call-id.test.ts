import { callIdSchema } from '@crossfade/shared/ids';
import { expect, test } from '@jest/globals';
import { randomCallId } from './random-call-id.ts';

test('is readable and a valid call id', () => {
  for (let i = 0; i < 500; i += 1) {
    const id = randomCallId();
    expect(id).toMatch(/^[a-z]+-[a-z]+-[1-9][0-9]$/);
    expect(callIdSchema.safeParse(id).success).toBe(true);
  }
});

test('covers its words from the first to the last', () => {
  expect(randomCallId(() => 0)).toBe('amber-bay-10');
  expect(randomCallId(() => 1 - Number.EPSILON)).toBe('wild-wind-99');
});
