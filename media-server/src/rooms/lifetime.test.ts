import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ManualClock } from '../manual-clock.ts';
import { Lifetime } from './lifetime.ts';

const EMPTY = 300_000;
const GRACE = 10_000;

function start(leaseS?: number) {
  const clock = new ManualClock();
  const ended: string[] = [];
  const lifetime = new Lifetime(leaseS, {
    clock,
    emptyMs: EMPTY,
    leaseGraceMs: GRACE,
    onExpired: (reason) => ended.push(reason),
  });
  return { clock, ended, lifetime };
}

describe('the lifetime of a room', () => {
  it('ends when nobody ever came', () => {
    const { clock, ended } = start();
    clock.advance(EMPTY - 1);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(['empty']);
    expect(clock.pending).toBe(0);
  });

  it('counts emptiness from the last one who left', () => {
    const { clock, ended, lifetime } = start();
    lifetime.occupied();
    clock.advance(10 * EMPTY);
    lifetime.emptied();
    clock.advance(EMPTY - 1);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(['empty']);
  });

  it('ends after lease and grace, with people in it', () => {
    const { clock, ended, lifetime } = start(60);
    lifetime.occupied();
    clock.advance(60_000 + GRACE - 1);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(['lease-expired']);
  });

  it('goes on with every renewal, under the new lease or the one it had', () => {
    const { clock, ended, lifetime } = start(60);
    for (let renewal = 0; renewal < 20; renewal += 1) {
      clock.advance(65_000);
      lifetime.renew(undefined);
    }
    lifetime.renew(100);
    clock.advance(100_000 + GRACE - 1);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual(['lease-expired']);
  });

  it('is over when stopped, whatever comes after', () => {
    const { clock, ended, lifetime } = start(60);
    lifetime.stop();
    lifetime.emptied();
    lifetime.renew(5);
    clock.advance(10 * EMPTY);
    expect(ended).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('ends exactly when the first of both limits is reached, and once', () => {
    const step = fc.record({ what: fc.constantFrom('renew', 'occupied', 'emptied'), wait: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 5, max: 400 })), fc.array(step), (leaseS, steps) => {
        const { clock, ended, lifetime } = start(leaseS ?? undefined);
        const leaseMs = leaseS === null ? Infinity : leaseS * 1_000 + GRACE;
        let [renewedAt, emptySince] = [clock.now(), clock.now()];
        for (const { what, wait } of steps) {
          if (ended.length > 0) break;
          const now = clock.now();
          if (what === 'renew') {
            lifetime.renew(undefined);
            renewedAt = now;
            if (emptySince !== Infinity) emptySince = now;
          } else if (what === 'occupied') {
            lifetime.occupied();
            emptySince = Infinity;
          } else {
            lifetime.emptied();
            emptySince = now;
          }
          clock.advance(wait);
          const over = Math.min(renewedAt + leaseMs, emptySince + EMPTY) <= now + wait;
          expect(ended).toHaveLength(over ? 1 : 0);
          expect(clock.pending).toBe(over || (leaseS === null && emptySince === Infinity) ? 0 : 1);
        }
      }),
    );
  });
});
