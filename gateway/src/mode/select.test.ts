import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Latch } from './latch.ts';
import type { EffectivePolicy } from './policy.ts';
import { selectMode, type ModeInputs } from './select.ts';

const policy: EffectivePolicy = {
  mode: 'auto',
  p2pMaxParticipants: 2,
  meshMaxParticipants: 4,
  maxParticipants: 100,
  requires: [],
  screenShare: 'any',
  relayed: 'allow',
};
const small: ModeInputs = {
  participants: 2,
  policy,
  screen: false,
  current: 'p2p',
  settled: false,
  withinLimitSince: 0,
  dwellMs: 5_000,
  latch: null,
  moderated: false,
};
const sfu = { current: 'sfu', settled: true } as const;
const latch: Latch = { why: 'failed', until: 60_000, holdMs: 60_000 };

test.each<[string, Partial<ModeInputs>, number, string, string, number | null]>([
  ['two', {}, 0, 'p2p', 'within-limit', null],
  ['three', { participants: 3 }, 0, 'sfu', 'above-limit', null],
  [
    'three where four may be peer-to-peer',
    { participants: 3, policy: { ...policy, p2pMaxParticipants: 4 } },
    0,
    'p2p',
    'within-limit',
    null,
  ],
  ['two again, a moment ago', sfu, 4_999, 'sfu', 'dwell', 5_000],
  ['two again, long enough ago', sfu, 5_000, 'p2p', 'within-limit', null],
  ['two whose room is lost or about to go', { ...sfu, settled: false }, 1, 'p2p', 'within-limit', null],
  ['two whose peer-to-peer failed', { latch }, 59_999, 'sfu', 'p2p-failed', 60_000],
  ['two whose path is poor', { latch: { ...latch, why: 'degraded' } }, 0, 'sfu', 'p2p-degraded', 60_000],
  ['two whose path is relayed', { latch: { ...latch, why: 'relayed' } }, 0, 'sfu', 'p2p-relayed', 60_000],
  ['two whose failure is long ago', { latch }, 60_000, 'p2p', 'within-limit', null],
  [
    'two who want nothing but peer-to-peer',
    { latch, policy: { ...policy, mode: 'p2p' } },
    0,
    'p2p',
    'within-limit',
    null,
  ],
  ['one who is left', { participants: 1, latch }, 0, 'p2p', 'within-limit', null],
  [
    'one who is recorded',
    { participants: 1, policy: { ...policy, requires: ['recording'] } },
    0,
    'sfu',
    'requirement',
    null,
  ],
  ['two by policy', { policy: { ...policy, mode: 'sfu' } }, 0, 'sfu', 'policy', null],
  ['a screen', { screen: true }, 0, 'p2p', 'within-limit', null],
  [
    'a screen where the policy minds',
    { screen: true, policy: { ...policy, screenShare: 'sfu' } },
    0,
    'sfu',
    'screen-share',
    null,
  ],
  [
    'a screen nobody sees',
    { participants: 1, screen: true, policy: { ...policy, screenShare: 'sfu' } },
    0,
    'p2p',
    'within-limit',
    null,
  ],
])('%s', (_what, inputs, now, target, rule, recheckAt) => {
  expect(selectMode({ ...small, ...inputs }, now)).toMatchObject({ target, rule, recheckAt });
});

test('the dwell begins anew when something has asked for the SFU, and not by people who come and go below the limit', () => {
  const asked = selectMode({ ...small, ...sfu, participants: 3 }, 100);
  expect(asked.withinLimitSince).toBeNull();
  const after = selectMode({ ...small, ...sfu, withinLimitSince: asked.withinLimitSince }, 200);
  expect(after).toMatchObject({ rule: 'dwell', withinLimitSince: 200, recheckAt: 5_200 });
  const one = selectMode({ ...small, ...sfu, participants: 1, withinLimitSince: 200 }, 3_000);
  expect(selectMode({ ...small, ...sfu, withinLimitSince: one.withinLimitSince }, 4_000).recheckAt).toBe(
    5_200,
  );
});

test('asked again at the time it names, it no longer names that time', () => {
  fc.assert(
    fc.property(
      fc.record<ModeInputs>({
        participants: fc.integer({ min: 1, max: 10 }),
        policy: fc.record({
          mode: fc.constantFrom('auto' as const, 'p2p' as const, 'sfu' as const),
          p2pMaxParticipants: fc.integer({ min: 1, max: 8 }),
          meshMaxParticipants: fc.constant(8),
          maxParticipants: fc.constant(100),
          requires: fc.constantFrom([], ['recording' as const]),
          screenShare: fc.constantFrom('any' as const, 'sfu' as const),
          relayed: fc.constant('allow' as const),
        }),
        screen: fc.boolean(),
        current: fc.constantFrom('p2p' as const, 'sfu' as const),
        settled: fc.boolean(),
        withinLimitSince: fc.option(fc.integer({ min: 0, max: 10_000 })),
        dwellMs: fc.integer({ min: 0, max: 10_000 }),
        latch: fc.option(
          fc.integer({ min: 0, max: 10_000 }).map((until) => ({ why: 'failed' as const, until, holdMs: 1 })),
        ),
        moderated: fc.boolean(),
      }),
      fc.integer({ min: 0, max: 20_000 }),
      (inputs, now) => {
        const { recheckAt, withinLimitSince } = selectMode(inputs, now);
        if (recheckAt === null) return;
        expect(recheckAt).toBeGreaterThan(now);
        // Once it has passed there may be another one, but not the same: no timer runs in a circle.
        const again = selectMode({ ...inputs, withinLimitSince }, recheckAt);
        expect(again.recheckAt ?? Infinity).toBeGreaterThan(recheckAt);
      },
    ),
  );
});
