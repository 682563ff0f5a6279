import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { abandoned, type Suspects } from './abandoned.ts';

test('a record is closed when its call was missing at every look for long enough', () => {
  let suspects: Suspects = new Map();
  const look = (missing: string[], now: number) => {
    const found = abandoned(suspects, missing, now, 100);
    ({ suspects } = found);
    return found.close;
  };
  expect(look(['a', 'b'], 0)).toEqual([]);
  // It was only away: it begins anew.
  expect(look(['a'], 50)).toEqual([]);
  expect(look(['a', 'b'], 99)).toEqual([]);
  expect(look(['a', 'b'], 100)).toEqual(['a']);
  expect(look(['b'], 198)).toEqual([]);
  expect(look(['b'], 199)).toEqual(['b']);
  expect(suspects.size).toBe(0);
});

test('none is closed that was there at a look within that time', () => {
  const ids = ['a', 'b', 'c'];
  const looks = fc.array(fc.record({ ms: fc.nat(80), missing: fc.subarray(ids) }), { maxLength: 40 });
  fc.assert(
    fc.property(looks, (story) => {
      let suspects: Suspects = new Map();
      let now = 0;
      const seen: { at: number; missing: string[] }[] = [];
      for (const { ms, missing } of story) {
        now += ms;
        seen.push({ at: now, missing });
        const { close, suspects: after } = abandoned(suspects, missing, now, 100);
        suspects = after;
        for (const id of close) {
          const recent = seen.filter(({ at }) => at > now - 100);
          expect(recent.every((one) => one.missing.includes(id))).toBe(true);
        }
      }
    }),
  );
});
