import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Suspects } from './suspects.ts';

const MINUTE = 60_000;

describe('Suspects', () => {
  it('quarantines the room that was on both workers, for ten minutes', () => {
    const suspects = new Suspects();
    expect(suspects.workerDied(['bad', 'unlucky'], 0)).toEqual([]);
    expect(suspects.isSuspect('bad', 1)).toBe(true);
    expect(suspects.workerDied(['bad', 'other'], MINUTE)).toEqual(['bad']);
    expect(suspects.quarantineLeftMs('bad', 2 * MINUTE)).toBe(9 * MINUTE);
    expect(suspects.quarantineLeftMs('bad', 11 * MINUTE - 1)).toBe(1);
    expect(suspects.quarantineLeftMs('bad', 11 * MINUTE)).toBe(0);
    expect(suspects.quarantineLeftMs('unlucky', 2 * MINUTE)).toBe(0);
  });

  it('starts anew after a quarantine', () => {
    const suspects = new Suspects();
    suspects.workerDied(['bad'], 0);
    suspects.workerDied(['bad'], 1);
    expect(suspects.workerDied(['bad'], 10 * MINUTE + 1)).toEqual([]);
  });

  it('forgets a death after ten minutes', () => {
    const suspects = new Suspects();
    suspects.workerDied(['one'], 0);
    expect(suspects.isSuspect('one', 10 * MINUTE)).toBe(false);
    expect(suspects.workerDied(['one'], 10 * MINUTE)).toEqual([]);
  });

  it('does not quarantine many for what one did', () => {
    const suspects = new Suspects();
    const many = Array.from({ length: 100 }, (_, index) => String(index));
    suspects.workerDied(many, 0);
    expect(suspects.workerDied(many, 1)).toEqual([]);
    expect(suspects.workerDied(['7', 'new'], 2)).toEqual(['7']);
  });

  it('remembers no more than 10,000 rooms', () => {
    const suspects = new Suspects();
    suspects.workerDied(['first'], 0);
    suspects.workerDied(
      Array.from({ length: 10_000 }, (_, index) => String(index)),
      1,
    );
    expect(suspects.isSuspect('first', 2)).toBe(false);
    expect(suspects.isSuspect('0', 2)).toBe(true);
  });

  it('finds the one that kills among rooms that are split between two workers, and closes no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (count, seed) => {
        const suspects = new Suspects();
        const killer = String(seed % count);
        const workers: [string[], string[]] = [Array.from({ length: count }, (_, i) => String(i)), []];
        for (let deaths = 1; ; deaths += 1) {
          expect(deaths).toBeLessThanOrEqual(Math.ceil(Math.log2(count)) + 2);
          const dead = workers[0].includes(killer) ? 0 : 1;
          const closed = suspects.workerDied(workers[dead], deaths);
          if (closed.length > 0) {
            expect(closed).toEqual([killer]);
            return;
          }
          // The rooms of the dead one, spread over both.
          const rooms = workers[dead];
          workers[dead] = rooms.filter((_, index) => index % 2 === 0);
          workers[1 - dead]?.push(...rooms.filter((_, index) => index % 2 === 1));
        }
      }),
    );
  });
});
