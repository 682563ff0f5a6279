import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isFull, loadOf, pick, type Candidate } from './pick.ts';

const worker = (name: string, counts: Partial<Candidate> = {}) => ({
  name,
  rooms: 0,
  participants: 0,
  consumers: 0,
  cpu: 0,
  suspects: 0,
  ...counts,
});

const candidate = fc.record({
  rooms: fc.nat(500),
  participants: fc.nat(500),
  consumers: fc.nat(2_000),
  cpu: fc.double({ min: 0, max: 1, noNaN: true }),
  suspects: fc.nat(10),
});

describe('pick', () => {
  it.each([
    ['nobody from nobody', [], undefined],
    ['the first of several that have nothing to do', [worker('a'), worker('b')], 'a'],
    ['the one that forwards less', [worker('a', { consumers: 40 }), worker('b', { consumers: 30 })], 'b'],
    ['the one with fewer new rooms', [worker('a', { rooms: 2 }), worker('b', { rooms: 1 })], 'b'],
    ['the one that fewer people have come to', [worker('a', { participants: 2 }), worker('b')], 'b'],
    [
      'one big room before many new ones',
      [worker('a', { rooms: 1, consumers: 20 }), worker('b', { rooms: 3 })],
      'a',
    ],
    [
      'the one with fewer streams that are less work',
      [worker('a', { consumers: 20, cpu: 0.6 }), worker('b', { consumers: 60, cpu: 0.1 })],
      'b',
    ],
  ])('takes %s', (_what, workers, name) => {
    expect(pick(workers)?.name).toBe(name);
  });

  it('keeps suspects apart, whatever the load', () => {
    const workers = [worker('a', { suspects: 1 }), worker('b', { consumers: 400 })];
    expect(pick(workers, { suspect: true })?.name).toBe('b');
    expect(pick(workers, { suspect: false })?.name).toBe('a');
  });

  it('takes one of the least load, and of the fewest suspects if it is about one', () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1 }), fc.boolean(), (workers, suspect) => {
        const taken = pick(workers, { suspect });
        const fewest = Math.min(...workers.map(({ suspects }) => suspects));
        const rivals = workers.filter(({ suspects }) => !suspect || suspects === fewest);
        expect(rivals).toContain(taken);
        expect(taken && loadOf(taken)).toBe(Math.min(...rivals.map(loadOf)));
      }),
    );
  });

  it('spreads a burst of new rooms evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 100 }), (count, rooms) => {
        const workers = Array.from({ length: count }, (_, index) => worker(String(index)));
        for (let room = 0; room < rooms; room += 1) {
          const taken = pick(workers);
          if (taken) taken.rooms += 1;
        }
        const sizes = workers.map((one) => one.rooms);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('a worker', () => {
  it('never gets emptier by more of anything', () => {
    const part = fc.constantFrom('rooms', 'participants', 'consumers');
    fc.assert(
      fc.property(candidate, part, fc.nat(100), fc.nat(2_000), (before, name, more, capacity) => {
        const after = { ...before, [name]: before[name] + more };
        expect(loadOf(after)).toBeGreaterThanOrEqual(loadOf(before));
        if (isFull(before, capacity)) expect(isFull(after, capacity)).toBe(true);
      }),
    );
  });

  it.each([
    [{ consumers: 499 }, false],
    [{ consumers: 500 }, true],
    [{ consumers: 480, participants: 5 }, true],
    [{ rooms: 1_000 }, false],
    [{ cpu: 0.9 }, true],
  ])('with %j is full: %s', (counts, full) => {
    expect(isFull(worker('a', counts), 500)).toBe(full);
  });
});
