import { expect, test } from '@jest/globals';
import { loudness } from './loudness.ts';

const tone = (amplitude: number) => Float32Array.from({ length: 512 }, (_, i) => amplitude * Math.sin(i / 3));

test('is 0 for silence and nothing, 1 for loud', () => {
  expect(loudness(tone(0))).toBe(0);
  expect(loudness(new Float32Array())).toBe(0);
  expect(loudness(tone(0.0005))).toBe(0);
  expect(loudness(tone(1))).toBe(1);
});

test('grows with the amplitude', () => {
  const quiet = loudness(tone(0.01));
  const louder = loudness(tone(0.1));
  expect(quiet).toBeGreaterThan(0.2);
  expect(louder).toBeGreaterThan(quiet);
  expect(louder).toBeLessThan(1);
});
