import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { follow, largestLayer, wantedLayer, type LayerDemand } from './wanted-layers.ts';

describe('the largest size of a producer', () => {
  const encodings = (count: number, scalabilityMode: string) =>
    Array.from({ length: count }, () => ({ scalabilityMode }));

  it.each([
    ['simple', encodings(1, 'L1T1'), null],
    // mediasoup calls one stream with several frame rates simulcast.
    ['simulcast', encodings(1, 'L1T3'), null],
    ['simulcast', encodings(2, 'L1T3'), 1],
    ['simulcast', encodings(3, 'L1T1'), 2],
    ['svc', encodings(1, 'L3T3_KEY'), 2],
    ['svc', encodings(1, 'S2T1'), 1],
    ['svc', encodings(1, 'L1T2'), null],
  ] as const)('%s %j', (type, list, largest) => {
    expect(largestLayer({ type, rtpParameters: { encodings: [...list] } })).toBe(largest);
  });
});

describe('the size that is wanted', () => {
  it.each([
    [[], null],
    [[0], 0],
    [[0, 1, 0], 1],
    [[0, undefined], 2],
    [[7], 2],
  ])('by those who wish for %j', (wishes, wanted) => {
    expect(wantedLayer(2, wishes)).toBe(wanted);
  });
});

describe('what the sender is told', () => {
  const delayMs = 1_000;
  /** Wishes, each with the time since the one before. */
  const history = fc.array(
    fc.record({
      wanted: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
      afterMs: fc.integer({ min: 0, max: 1_500 }),
    }),
    { maxLength: 40 },
  );
  const start: LayerDemand = { told: 2, lower: null };
  /** As the shell does it: looks at every wish, and when there is something to lower. */
  function* followed(steps: { wanted: number | null; afterMs: number }[]) {
    let demand = start;
    let now = 0;
    let wanted: number | null = null;
    for (const step of steps) {
      const until = now + step.afterMs;
      while (demand.lower && demand.lower.at <= until) {
        now = demand.lower.at;
        const before = demand;
        demand = follow(demand, wanted, { now, delayMs });
        yield { now, wanted, before, demand };
      }
      now = until;
      wanted = step.wanted;
      const before = demand;
      demand = follow(demand, wanted, { now, delayMs });
      yield { now, wanted, before, demand };
    }
  }

  it('is never less than what is wanted', () => {
    fc.assert(
      fc.property(history, (steps) => {
        for (const { wanted, demand } of followed(steps)) {
          expect(demand.told).toBeGreaterThanOrEqual(wanted ?? 0);
        }
      }),
    );
  });

  it('becomes less only when nothing more was wanted for the whole delay', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const seen = [...followed(steps)];
        for (const [index, { now, before, demand }] of seen.entries()) {
          if (demand.told >= before.told) continue;
          const lately = seen.slice(0, index).filter((earlier) => earlier.now > now - delayMs);
          for (const { wanted } of lately) {
            expect(wanted).not.toBeNull();
            expect(wanted).toBeLessThanOrEqual(demand.told);
          }
        }
      }),
    );
  });

  it('is what is wanted, after it has been for two delays', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 2 }), (steps, wanted) => {
        const settled = [...followed([...steps, { wanted, afterMs: 1 }, { wanted, afterMs: 2 * delayMs }])];
        expect(settled.at(-1)?.demand).toEqual({ told: wanted, lower: null });
      }),
    );
  });

  it('does not change while nobody receives it: then the whole track is about to be paused', () => {
    const lowering = follow(start, 0, { now: 0, delayMs });
    expect(lowering).toEqual({ told: 2, lower: { layer: 0, at: delayMs } });
    expect(follow(lowering, null, { now: 10 * delayMs, delayMs })).toEqual(start);
  });
});
