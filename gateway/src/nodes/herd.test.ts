import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Herd } from './herd.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('tells the first at once, the others at a pace', () => {
  const herd = new Herd();
  const told: number[] = [];
  for (let n = 0; n < 50; n += 1) herd.add(String(n), () => told.push(n));
  expect(told).toHaveLength(10);
  jest.advanceTimersByTime(500);
  expect(told).toHaveLength(30);
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual(Array.from({ length: 50 }, (_, n) => n));
  herd.add('later', () => told.push(50));
  expect(told).toHaveLength(51);
});

test('what is told later takes the place of what waits; what is not needed is not told', () => {
  const herd = new Herd();
  const told: string[] = [];
  for (let n = 0; n < 10; n += 1) herd.add(String(n), () => undefined);
  herd.add('a', () => told.push('a moves'));
  herd.add('b', () => told.push('b moves'));
  herd.add('a', () => told.push('a is lost'));
  herd.remove('b');
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual(['a is lost']);
});
