import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Sampler } from './sampler.ts';
import { scoreWorthTelling } from './stats/score.ts';

function setUp(options: { delayMs?: number } = {}) {
  const told: number[] = [];
  const sampler = new Sampler<number>({
    intervalMs: 1_000,
    initial: 10,
    worthTelling: scoreWorthTelling,
    tell: (value) => told.push(value),
    ...options,
  });
  return { told, sampler };
}

describe('a sampler', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('tells the first change at once, and of many that follow the newest', () => {
    const { told, sampler } = setUp();
    sampler.offer(7);
    for (const value of [1, 9, 3, 2]) sampler.offer(value);
    expect(told).toEqual([7]);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual([7, 2]);
    jest.advanceTimersByTime(10_000);
    sampler.offer(5);
    expect(told).toEqual([7, 2, 5]);
  });

  it('tells nothing of what has settled again', () => {
    const { told, sampler } = setUp({ delayMs: 500 });
    sampler.offer(0);
    jest.advanceTimersByTime(400);
    sampler.offer(10);
    jest.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
    sampler.offer(4);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(500);
    expect(told).toEqual([4]);
  });

  it('does not tell small changes, but always the ends', () => {
    const { told, sampler } = setUp();
    for (const value of [9, 8, 9, 7, 6, 1, 0, 1, 9, 10]) {
      sampler.offer(value);
      jest.advanceTimersByTime(1_000);
    }
    expect(told).toEqual([8, 6, 1, 0, 9, 10]);
  });

  it('is silent once stopped', () => {
    const { told, sampler } = setUp();
    sampler.offer(1);
    sampler.offer(5);
    sampler.stop();
    sampler.offer(7);
    jest.advanceTimersByTime(10_000);
    expect(told).toEqual([1]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
