import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { burdened, UNSTRAINED, type LoadReading, type LoadView } from './own-load.ts';

const calm: LoadReading = { decoded: 500, dropped: 5 };
const drops: LoadReading = { decoded: 300, dropped: 200 };
const times = (count: number, reading: LoadReading, from: LoadView = UNSTRAINED) =>
  Array.from({ length: count }).reduce<LoadView>((view) => burdened(view, reading), from);

describe('a device that cannot keep up', () => {
  test('has smaller pictures after a while, and still smaller ones if that does not help', () => {
    expect(times(3, drops).relief).toBe(0);
    expect(times(4, drops).relief).toBe(1);
    expect(times(8, drops).relief).toBe(2);
    expect(times(100, drops).relief).toBe(2);
  });

  test('is not one that drops a few frames, or has a busy moment', () => {
    expect(times(50, calm).relief).toBe(0);
    expect(times(50, { decoded: 5, dropped: 5 }).relief).toBe(0);
    expect(times(3, drops, times(1, calm, times(3, drops))).relief).toBe(0);
  });

  test('has them larger again when it is calm, later each time that was too much', () => {
    const until = (view: LoadView) => {
      let count = 0;
      for (let now = view; now.relief > 0; count += 1) now = burdened(now, calm);
      return count;
    };
    const first = times(4, drops);
    expect(until(first)).toBe(10);
    const second = times(4, drops, times(until(first), calm, first));
    expect(until(second)).toBe(until(first) * 2);
  });

  test('goes one step at a time, whatever is read', () => {
    const reading = fc.record({ decoded: fc.nat(1_000), dropped: fc.nat(1_000) });
    fc.assert(
      fc.property(fc.array(reading), (readings) => {
        let view = UNSTRAINED;
        for (const one of readings) {
          const next = burdened(view, one);
          expect(Math.abs(next.relief - view.relief)).toBeLessThanOrEqual(1);
          view = next;
        }
      }),
    );
  });
});
