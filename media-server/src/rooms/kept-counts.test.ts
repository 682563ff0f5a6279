/** What a room keeps count of instead of counting it anew: the same as a look at everything would say, whatever happens. */
import { expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import fc from 'fast-check';
import { OWNED_KINDS, type OwnedKind } from '../quotas/limits.ts';
import { Holdings } from './holdings.ts';
import { Occupancy } from './occupancy.ts';

const people = ['ann', 'ben', 'cem'] as const;
const who = fc.constantFrom(...people);

/** Comes, or goes again: which of those that are there is chosen by the number. */
const step = fc.record({
  who,
  kind: fc.constantFrom(...OWNED_KINDS),
  goes: fc.option(fc.nat(100), { nil: undefined }),
});

it('what each participant has', () => {
  fc.assert(
    fc.property(fc.array(step, { size: '+1' }), (steps) => {
      const holdings = new Holdings();
      const all: { who: string; kind: OwnedKind }[] = [];
      for (const { goes, ...one } of steps) {
        const [gone] = goes === undefined ? [] : all.splice(goes % Math.max(1, all.length), 1);
        if (gone) holdings.remove(gone.kind, gone.who);
        else {
          all.push(one);
          holdings.add(one.kind, one.who);
        }
        for (const person of people) {
          const scan = OWNED_KINDS.map((kind) => [
            kind,
            all.filter((entity) => entity.who === person && entity.kind === kind).length,
          ]);
          expect(holdings.of(person)).toEqual(Object.fromEntries(scan));
        }
      }
    }),
  );
});

it('who is there, told once when it changes', () => {
  fc.assert(
    fc.property(fc.array(step, { size: '+1' }), (steps) => {
      const told: string[] = [];
      const occupancy = new Occupancy(silentLog)
        .on('occupied', () => told.push('occupied'))
        .on('emptied', () => told.push('emptied'))
        .on('departed', (participantId) => told.push(participantId));
      const all: { who: string; leave: () => void }[] = [];
      const expected: string[] = [];
      for (const { who: person, goes } of steps) {
        const [gone] = goes === undefined ? [] : all.splice(goes % Math.max(1, all.length), 1);
        if (gone) {
          gone.leave();
          gone.leave();
          if (all.length === 0) expected.push('emptied');
          if (!all.some((one) => one.who === gone.who)) expected.push(gone.who);
        } else {
          if (all.length === 0) expected.push('occupied');
          all.push({ who: person, leave: occupancy.enter(person) });
        }
        expect(occupancy.count).toBe(new Set(all.map((one) => one.who)).size);
        for (const one of people) expect(occupancy.has(one)).toBe(all.some((entity) => entity.who === one));
      }
      expect(told).toEqual(expected);
    }),
  );
});
