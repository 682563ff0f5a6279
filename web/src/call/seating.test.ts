import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NOBODY_SEATED, seated, type Seating, type Situation } from './seating.ts';

const everyone = ['a', 'b', 'c', 'd', 'e', 'f'];
const calm: Situation = { present: everyone, speaker: null, front: 3, inView: [0, 3] };
const atFirst = seated(NOBODY_SEATED, calm);
const speak = (before: Seating, ...speakers: string[]) =>
  speakers.reduce((seating, speaker) => seated(seating, { ...calm, speaker }), before);

describe('where people sit', () => {
  test('as they came; who comes sits at the end, who leaves lets the others move up', () => {
    expect(atFirst.order).toEqual(everyone);
    const changed = seated(atFirst, { ...calm, present: ['new', 'f', 'e', 'd', 'c', 'b'] });
    expect(changed.order).toEqual(['b', 'c', 'd', 'e', 'f', 'new']);
  });

  test('who speaks in front stays; from behind, one changes places with the one who was silent longest', () => {
    const seating = speak(atFirst, 'a', 'c');
    expect(seating.order).toEqual(everyone);
    expect(speak(seating, 'e').order).toEqual(['a', 'e', 'c', 'd', 'b', 'f']);
    expect(speak(seating, 'e', 'f').order).toEqual(['f', 'e', 'c', 'd', 'b', 'a']);
    expect(speak(seating, 'e', 'f').spoke).toEqual(['f', 'e', 'c', 'a']);
  });

  test('who speaks on the page that is looked at stays there until it is turned', () => {
    const looked = seated(atFirst, { ...calm, speaker: 'e', inView: [3, 6] });
    expect(looked.order).toEqual(everyone);
    expect(seated(looked, { ...calm, speaker: 'e' }).order.indexOf('e')).toBeLessThan(3);
  });

  const id = fc.constantFrom<string[]>('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
  const situation = fc.record({
    present: fc.uniqueArray(id, { maxLength: 12 }),
    speaker: fc.option(id),
    front: fc.integer({ min: 0, max: 12 }),
    inView: fc.constant<readonly [number, number]>([0, 0]),
  });

  test('whatever happens: everyone has one seat, who speaks is in front, and few move', () => {
    fc.assert(
      fc.property(fc.array(situation, { maxLength: 12 }), (situations) => {
        let seating = NOBODY_SEATED;
        for (const now of situations) {
          const settled = seated(seating, { ...now, speaker: null });
          const next = seated(seating, now);
          expect([...next.order].sort()).toEqual([...now.present].sort());
          expect(new Set(next.spoke).size).toBe(next.spoke.length);
          const { speaker, front } = now;
          if (speaker !== null && front > 0 && now.present.includes(speaker)) {
            expect(next.order.indexOf(speaker)).toBeLessThan(front);
            expect(next.spoke[0]).toBe(speaker);
          }
          // Those who stay keep their order, and a speaker moves nobody but one other.
          const moved = next.order.filter((one, seat) => settled.order[seat] !== one);
          expect(moved.length).toBeLessThanOrEqual(2);
          const stayed = settled.order.filter((one) => seating.order.includes(one));
          expect(stayed).toEqual(seating.order.filter((one) => now.present.includes(one)));
          // Nothing new: nobody is moved, and nothing renders.
          expect(seated(next, now)).toBe(next);
          seating = next;
        }
      }),
    );
  });
});
