import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pick } from './pick.ts';

const worker = (name: string, ...consumersPerRoom: number[]) => ({ name, consumersPerRoom });

describe('pick', () => {
  it.each([
    ['nobody from nobody', [], undefined],
    ['the first of several that have nothing to do', [worker('a'), worker('b')], 'a'],
    ['the one that forwards less', [worker('a', 40), worker('b', 30)], 'b'],
    ['the one with fewer new rooms', [worker('a', 0, 0), worker('b', 0)], 'b'],
    ['one big room before many new ones', [worker('a', 30), worker('b', 0, 0, 0)], 'a'],
  ])('takes %s', (_what, workers, name) => {
    expect(pick(workers)?.name).toBe(name);
  });

  it('spreads a burst of new rooms evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 100 }), (count, rooms) => {
        const workers = Array.from({ length: count }, () => ({ consumersPerRoom: [] as number[] }));
        for (let room = 0; room < rooms; room += 1) pick(workers)?.consumersPerRoom.push(0);
        const sizes = workers.map(({ consumersPerRoom }) => consumersPerRoom.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
