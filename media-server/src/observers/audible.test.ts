import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextAudible, type Audible } from './audible.ts';

const limits = { max: 2, holdMs: 1_000, marginDb: 6 };
const levels = (of: Record<string, number>) => new Map(Object.entries(of));
const everyone = ['ann', 'ben', 'cem', 'dan'];

describe('who is forwarded', () => {
  it('is everyone while there is room', () => {
    const next = nextAudible(new Map(), { producers: ['ann', 'ben'], levels: levels({}), now: 5 }, limits);
    expect([...next.keys()]).toEqual(['ann', 'ben']);
  });

  it('is the loudest of those who come at once', () => {
    const heard = { producers: everyone, levels: levels({ dan: -20, ben: -30, cem: -40 }), now: 5 };
    expect([...nextAudible(new Map(), heard, limits).keys()].sort()).toEqual(['ben', 'dan']);
  });

  it('changes for somebody who speaks when somebody has been silent: the longest goes', () => {
    const audible = new Map([
      ['ann', 3_000],
      ['ben', 2_000],
    ]);
    const next = nextAudible(
      audible,
      { producers: everyone, levels: levels({ cem: -50 }), now: 4_500 },
      limits,
    );
    expect([...next.keys()].sort()).toEqual(['ann', 'cem']);
  });

  it('leaves those alone who pause for breath', () => {
    const audible = new Map([
      ['ann', 4_000],
      ['ben', 4_200],
    ]);
    const heard = { producers: everyone, levels: levels({ ann: -30, cem: -10 }), now: 4_500 };
    // Ann speaks and is much quieter; Ben has only just been heard.
    expect([...nextAudible(audible, heard, limits).keys()].sort()).toEqual(['ben', 'cem']);
  });

  it('does not change for somebody who is hardly louder', () => {
    const audible = new Map([
      ['ann', 4_000],
      ['ben', 4_000],
    ]);
    const heard = (cem: number) => ({
      producers: everyone,
      levels: levels({ ann: -30, ben: -25, cem }),
      now: 4_500,
    });
    expect([...nextAudible(audible, heard(-25), limits).keys()]).toEqual(['ann', 'ben']);
    expect([...nextAudible(audible, heard(-24), limits).keys()].sort()).toEqual(['ben', 'cem']);
  });

  it('fills the place of somebody who has left', () => {
    const audible = new Map([
      ['ann', 4_000],
      ['ben', 4_000],
    ]);
    const heard = { producers: ['ben', 'cem', 'dan'], levels: levels({ dan: -30 }), now: 4_500 };
    expect([...nextAudible(audible, heard, limits).keys()].sort()).toEqual(['ben', 'dan']);
  });

  it('fills all places, never changes without a reason, and lets no silent one push out anybody', () => {
    const producer = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
    const heard = fc.record({
      producers: fc.uniqueArray(producer),
      levels: fc.dictionary(producer, fc.integer({ min: -60, max: 0 })),
      passedMs: fc.nat(3_000),
    });
    fc.assert(
      fc.property(fc.array(heard), fc.integer({ min: 1, max: 5 }), (steps, max) => {
        let audible: Audible = new Map();
        let now = 0;
        for (const step of steps) {
          now += step.passedMs;
          const state = { producers: step.producers, levels: levels(step.levels), now };
          const next = nextAudible(audible, state, { ...limits, max });
          expect(next.size).toBe(Math.min(max, step.producers.length));
          expect(step.producers).toEqual(expect.arrayContaining([...next.keys()]));
          expect([...nextAudible(next, state, { ...limits, max }).keys()].sort()).toEqual(
            [...next.keys()].sort(),
          );
          const pushedOut = [...audible.keys()].filter((id) => step.producers.includes(id) && !next.has(id));
          const came = [...next.keys()].filter((id) => !audible.has(id));
          expect(came.filter((id) => state.levels.has(id)).length).toBeGreaterThanOrEqual(pushedOut.length);
          audible = next;
        }
      }),
    );
  });
});
