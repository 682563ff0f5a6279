import { describe, expect, it } from '@jest/globals';
import { hasRoom, scoreOf } from './load.ts';

const capacity = { expected: 2, consumersPerWorker: 100 };
const idle = { cpu: 0, consumers: 0 };

describe('scoreOf', () => {
  it('is 0 for idle workers and 1 for full ones', () => {
    expect(scoreOf([idle, idle], capacity)).toBe(0);
    const full = { cpu: 1, consumers: 0 };
    expect(scoreOf([full, full], capacity)).toBe(1);
  });

  it('takes the scarcer of CPU and consumers', () => {
    const one = { expected: 1, consumersPerWorker: 100 };
    expect(scoreOf([{ cpu: 0.3, consumers: 60 }], one)).toBeCloseTo(0.6);
    expect(scoreOf([{ cpu: 0.7, consumers: 60 }], one)).toBeCloseTo(0.7);
  });

  it('still has room while one worker is full and the other idle', () => {
    const score = scoreOf([{ cpu: 1, consumers: 0 }, idle], capacity);
    expect(score).toBeCloseTo(0.625);
    expect(hasRoom(score)).toBe(true);
  });

  it('counts a worker that is not there as full', () => {
    expect(scoreOf([idle], capacity)).toBeCloseTo(0.375);
    expect(hasRoom(scoreOf([{ cpu: 0.7, consumers: 0 }], capacity))).toBe(false);
  });

  it('is full without any worker', () => {
    expect(scoreOf([], capacity)).toBe(1);
  });
});

describe('hasRoom', () => {
  it('ends at 0.8', () => {
    expect([0, 0.79, 0.8, 1.7].map(hasRoom)).toEqual([true, true, false, false]);
  });
});
