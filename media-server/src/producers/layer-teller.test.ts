import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { LayerTeller } from './layer-teller.ts';
import type { LayerWish } from './wanted-layers.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

it('tells less when its time is over, also if the timer comes a little early', () => {
  const told: number[] = [];
  const wishes: LayerWish[] = [0];
  const teller = new LayerTeller({
    largest: 2,
    delayMs: 1_000,
    wishes: () => wishes,
    tell: (layer) => told.push(layer),
  });
  const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
  teller.review();
  clock.mockReturnValue(999.6);
  jest.advanceTimersByTime(1_000);
  expect(told).toEqual([]);
  clock.mockReturnValue(1_000.6);
  jest.advanceTimersByTime(1);
  expect(told).toEqual([0]);
  expect(jest.getTimerCount()).toBe(0);

  wishes.push(1);
  teller.review();
  expect(told).toEqual([0, 1]);
  wishes.pop();
  teller.review();
  teller.stop();
  expect(jest.getTimerCount()).toBe(0);
});
