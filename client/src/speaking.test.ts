import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { heard, NOBODY, type SpeakerView } from './speaking.ts';

/** Looks every 100 ms. */
function after(
  before: SpeakerView,
  from: number,
  steps: number,
  levels: Record<string, number>,
): { view: SpeakerView; now: number } {
  let view = before;
  let now = from;
  for (let step = 0; step < steps; step += 1) {
    now += 100;
    view = heard(view, new Map(Object.entries(levels)), now);
  }
  return { view, now };
}

test('whoever is heard first speaks, and noise is no speech', () => {
  expect(after(NOBODY, 0, 10, { ann: 0.005, ben: 0 }).view.speaker).toBeNull();
  expect(after(NOBODY, 0, 1, { ann: 0.005, ben: 0.2 }).view.speaker).toBe('ben');
});

test('a pause between words is none, a longer one is', () => {
  const { view, now } = after(NOBODY, 0, 5, { ann: 0.2 });
  expect(after(view, now, 14, { ann: 0 }).view.speaker).toBe('ann');
  expect(after(view, now, 16, { ann: 0 }).view.speaker).toBeNull();
  // Who takes over in the pause waits for its end, or for a moment if they go on.
  expect(after(view, now, 2, { ann: 0, ben: 0.2 }).view.speaker).toBe('ann');
  expect(after(view, now, 6, { ann: 0, ben: 0.2 }).view.speaker).toBe('ben');
});

test('somebody else takes over who is clearly louder for a moment', () => {
  const { view, now } = after(NOBODY, 0, 5, { ann: 0.2, ben: 0.1 });
  expect(after(view, now, 50, { ann: 0.2, ben: 0.3 }).view.speaker).toBe('ann');
  expect(after(view, now, 3, { ann: 0.2, ben: 0.5 }).view.speaker).toBe('ann');
  expect(after(view, now, 6, { ann: 0.2, ben: 0.5 }).view.speaker).toBe('ben');
});

test('who has left does not speak for long', () => {
  const { view, now } = after(NOBODY, 0, 5, { ann: 0.2 });
  expect(after(view, now, 16, {}).view).toBe(NOBODY);
});

test('only somebody who was heard in the last 1.5 s speaks, whatever the levels are', () => {
  const look = fc.record({
    ms: fc.integer({ min: 20, max: 500 }),
    ann: fc.double({ min: 0, max: 1, noNaN: true }),
    ben: fc.double({ min: 0, max: 0.02, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 60 }), (looks) => {
      let view = NOBODY;
      let now = 0;
      const last = new Map<string, number>();
      for (const { ms, ann, ben } of looks) {
        now += ms;
        const levels = new Map([
          ['ann', ann],
          ['ben', ben],
        ]);
        for (const [id, level] of levels) if (level >= 0.01) last.set(id, now);
        view = heard(view, levels, now);
        if (view.speaker !== null)
          expect(now - (last.get(view.speaker) ?? -Infinity)).toBeLessThanOrEqual(1_500);
      }
    }),
  );
});
