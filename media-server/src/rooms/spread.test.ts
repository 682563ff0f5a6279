import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isFull, loadOf } from '../workers/pick.ts';
import { spread, type SpreadCandidate } from './spread.ts';

const CAPACITY = 100;

const worker = (name: string, place: number | undefined, consumers: number) => ({
  name,
  place,
  rooms: 1,
  participants: 0,
  consumers,
  cpu: 0,
  suspects: 0,
});

describe('spread', () => {
  it.each([
    ['where the room is', [worker('a', undefined, 0), worker('b', 0, 99)], 'b'],
    ['to the first of its workers that is not full', [worker('a', 1, 0), worker('b', 0, 50)], 'b'],
    ['to the next of its workers', [worker('a', 1, 50), worker('b', 0, 100)], 'a'],
    [
      'to one more worker, the one with the least load',
      [worker('a', 0, 100), worker('b', undefined, 60), worker('c', undefined, 50)],
      'c',
    ],
    [
      'to the least loaded of its own, if all are full',
      [worker('a', 0, 300), worker('b', 1, 200), worker('c', undefined, 100)],
      'b',
    ],
    ['nowhere, if there is nothing', [], undefined],
  ])('sends a newcomer %s', (_what, workers, name) => {
    expect(spread(workers, CAPACITY)?.name).toBe(name);
  });

  it('comes to a new worker only when all of the room are full, and only to one that is not', () => {
    const candidates: fc.Arbitrary<SpreadCandidate[]> = fc
      .array(
        fc.record({
          own: fc.boolean(),
          rooms: fc.nat(5),
          participants: fc.nat(20),
          consumers: fc.nat(150),
          cpu: fc.double({ min: 0, max: 1, noNaN: true }),
          suspects: fc.nat(3),
        }),
      )
      .map((all) => all.map(({ own, ...rest }, index) => ({ ...rest, place: own ? index : undefined })));
    fc.assert(
      fc.property(candidates, (workers) => {
        const taken = spread(workers, CAPACITY);
        const own = workers.filter(({ place }) => place !== undefined);
        const free = workers.filter((one) => !isFull(one, CAPACITY));
        if (own.length + free.length === 0) expect(taken).toBeUndefined();
        else if (!taken) throw new Error('nothing was taken');
        else if (taken.place === undefined) {
          expect(own.every((one) => isFull(one, CAPACITY))).toBe(true);
          expect(free).toContain(taken);
        } else if (isFull(taken, CAPACITY)) {
          expect(free).toEqual([]);
          expect(loadOf(taken)).toBe(Math.min(...own.map(loadOf)));
        }
      }),
    );
  });
});
