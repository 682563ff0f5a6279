import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { evacuate, type Evacuation, type Occupied } from './evacuation.ts';

const room = (n: number, producers = 0): Occupied => ({ callId: `c${String(n)}`, epoch: 1, producers });
const rooms = (count: number) => Array.from({ length: count }, (_, n) => room(n, n));

/** Runs a drain as the gateway does, looking every 250 ms. @returns when each call was told, ms after the drain began */
function run(count: number, closesInMs: number, headroomAt: (now: number) => number = () => Infinity) {
  const told: { callId: string; at: number }[] = [];
  let evacuation: Evacuation | null = null;
  for (let now = 0; now < closesInMs; now += 250) {
    const stay = rooms(count).filter(({ callId }) => !told.some((one) => one.callId === callId));
    const { after, leave } = evacuate(
      evacuation,
      { closesAt: closesInMs, rooms: stay, headroom: headroomAt(now) },
      now,
    );
    evacuation = after;
    told.push(...leave.map(({ callId }) => ({ callId, at: now })));
  }
  return told;
}

describe('calls leave a media server that drains', () => {
  test('spread over the time there is, in time for the notice, the largest first', () => {
    const told = run(100, 65_000);
    expect(told).toHaveLength(100);
    expect(told[0]?.callId).toBe('c99');
    expect(told.at(-1)).toMatchObject({ callId: 'c0' });
    expect(told.at(-1)?.at).toBeLessThanOrEqual(60_250);
    const inFirstHalf = told.filter(({ at }) => at <= 30_000).length;
    expect(inFirstHalf).toBeGreaterThan(45);
    expect(inFirstHalf).toBeLessThan(55);
  });

  test('at a pace the others can take when there is little time', () => {
    const told = run(300, 8_000);
    const inOneSecond = told.filter(({ at }) => at >= 1_000 && at < 2_000).length;
    expect(inOneSecond).toBeLessThanOrEqual(50);
    expect(inOneSecond).toBeGreaterThan(30);
  });

  test('within five minutes, however late the deadline', () => {
    expect(run(10, 86_400_000 / 24).at(-1)?.at).toBeLessThanOrEqual(300_250);
  });

  test('only as many as others have room for; the rest when there is some, and not all at once', () => {
    expect(run(20, 30_000, () => 0)).toEqual([]);
    const told = run(20, 30_000, (now) => (now < 15_000 ? 0 : 2));
    expect(told).toHaveLength(20);
    expect(Math.min(...told.map(({ at }) => at))).toBeGreaterThanOrEqual(15_000);
    for (const { at } of told) expect(told.filter((one) => one.at === at).length).toBeLessThanOrEqual(2);
  });

  test('not any more when it is called off; a second drain tells them again', () => {
    const begun = evacuate(null, { closesAt: 10_000, rooms: rooms(2), headroom: 9 }, 0).after;
    const { after, leave } = evacuate(begun, { closesAt: 10_000, rooms: rooms(2), headroom: 9 }, 9_000);
    expect(leave).toHaveLength(2);
    expect(evacuate(after, { closesAt: 10_000, rooms: rooms(2), headroom: 9 }, 9_500).leave).toEqual([]);
    const over = evacuate(after, { closesAt: null, rooms: rooms(2), headroom: 9 }, 9_750);
    expect(over).toEqual({ after: null, leave: [] });
    const again = evacuate(over.after, { closesAt: 20_000, rooms: rooms(2), headroom: 9 }, 10_000).after;
    expect(evacuate(again, { closesAt: 20_000, rooms: rooms(2), headroom: 9 }, 19_000).leave).toHaveLength(2);
  });

  test('none twice, and never more than there is room for', () => {
    const steps = fc.array(fc.record({ ms: fc.nat(2_000), headroom: fc.nat(5) }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.nat(30), fc.integer({ min: 0, max: 60_000 }), steps, (count, closesAt, looks) => {
        const told = new Set<string>();
        let evacuation: Evacuation | null = null;
        let now = 0;
        for (const { ms, headroom } of looks) {
          now += ms;
          const { after, leave } = evacuate(evacuation, { closesAt, rooms: rooms(count), headroom }, now);
          evacuation = after;
          expect(leave.length).toBeLessThanOrEqual(headroom);
          for (const { callId } of leave) {
            expect(told.has(callId)).toBe(false);
            told.add(callId);
          }
        }
      }),
    );
  });
});
