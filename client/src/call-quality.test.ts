import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judged, mosOf, qualityOf, ratingOf, type QualityReading, type QualityView } from './call-quality.ts';

const start: QualityReading = {
  at: 0,
  track: 'a',
  packetsReceived: 0,
  packetsLost: 0,
  bufferedS: 0,
  buffered: 0,
  rttMs: 20,
  legs: 1,
};

/** Two seconds of sound, 50 packets a second, the same all the time. */
function after(
  seconds: number,
  { loss = 0, rttMs = 20, bufferMs = 40, legs = 1 as 1 | 2 },
  before: QualityView | null = null,
): QualityView {
  let view = before ?? judged(null, start);
  for (let step = 0; step < seconds / 2; step += 1) {
    const { last } = view;
    view = judged(view, {
      ...last,
      at: last.at + 2_000,
      packetsReceived: last.packetsReceived + 100 * (1 - loss),
      packetsLost: last.packetsLost + 100 * loss,
      bufferedS: last.bufferedS + (96_000 * bufferMs) / 1_000,
      buffered: last.buffered + 96_000,
      rttMs,
      legs,
    });
  }
  return view;
}

describe('the E-model', () => {
  test('gives what the recommendation gives for its defaults, and for loss and delay', () => {
    expect(mosOf(ratingOf(0, 0))).toBeCloseTo(4.41, 2);
    // 5 % of loss with concealment: R = 93.2 - 95 * 5 / 30.1.
    expect(ratingOf(0, 0.05)).toBeCloseTo(77.42, 2);
    // 300 ms from mouth to ear: Id = 0.024 * 300 + 0.11 * 122.7.
    expect(ratingOf(300, 0)).toBeCloseTo(72.5, 1);
    expect([mosOf(-5), mosOf(120)]).toEqual([1, 4.5]);
  });

  test('never gets better by more delay or loss, and stays between 1 and 4.5', () => {
    const delay = fc.double({ min: 0, max: 5_000, noNaN: true });
    const loss = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(delay, delay, loss, loss, (d1, d2, l1, l2) => {
        const worse = mosOf(ratingOf(Math.max(d1, d2), Math.max(l1, l2)));
        const better = mosOf(ratingOf(Math.min(d1, d2), Math.min(l1, l2)));
        expect(worse).toBeLessThanOrEqual(better + 0.05);
        for (const mos of [worse, better]) {
          expect(mos).toBeGreaterThanOrEqual(0.98);
          expect(mos).toBeLessThanOrEqual(4.5);
        }
      }),
    );
  });
});

describe('a connection', () => {
  test('of nobody who has sent yet is not judged', () => {
    expect(qualityOf(judged(null, start), null)).toBeNull();
  });

  test.each([
    ['a short way without loss', {}, 4],
    ['some loss', { loss: 0.05 }, 3],
    ['much loss', { loss: 0.15 }, 2],
    ['hardly anything arrives', { loss: 0.6 }, 0],
    ['a long way', { rttMs: 500 }, 3],
    ['a longer one by way of a media server', { rttMs: 500, legs: 2 as const }, 1],
  ])('%s', (_what, how, bars) => {
    expect(after(20, how).bars).toBe(bars);
  });

  test('that breaks loses its bars at once, and gets them back little by little', () => {
    const good = after(20, {});
    const broken = after(4, { loss: 0.4 }, good);
    expect(broken.bars).toBeLessThanOrEqual(1);
    expect(after(2, {}, broken).bars).toBeLessThan(4);
    expect(after(20, {}, broken).bars).toBe(4);
  });

  test('of somebody who sends nothing for a while stays as it was; a new track begins its own count', () => {
    const good = after(20, {});
    expect(after(20, { loss: 0, rttMs: 2_000 }, judged(good, { ...good.last, at: 99 })).bars).toBeLessThan(4);
    expect(judged(good, { ...good.last, at: 99, rttMs: 5_000 })).toMatchObject({ mos: good.mos, bars: 4 });
    const switched = judged(good, { ...start, track: 'b', packetsLost: 500 });
    expect(switched).toMatchObject({ mos: good.mos, bars: 4 });
  });

  test('is told as the same as long as it hardly changes', () => {
    const told = qualityOf(after(20, {}), null);
    expect(told).toEqual({ mos: 4.4, bars: 4 });
    expect(qualityOf(after(20, { rttMs: 60 }), told)).toBe(told);
    expect(qualityOf(after(20, { loss: 0.15 }), told)).not.toBe(told);
  });
});
