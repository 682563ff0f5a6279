import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { selectMode, type ModeInputs } from './select.ts';

const small: ModeInputs = {
  participants: 2,
  p2pMaxParticipants: 2,
  current: 'p2p',
  withinLimitSince: 0,
  dwellMs: 5_000,
  p2pBlockedUntil: null,
  moderated: false,
};

test.each<[string, Partial<ModeInputs>, number, string, string, number | null]>([
  ['two', {}, 0, 'p2p', 'within-limit', null],
  ['three', { participants: 3, withinLimitSince: null }, 0, 'sfu', 'above-limit', null],
  [
    'three where four may be peer-to-peer',
    { participants: 3, p2pMaxParticipants: 4 },
    0,
    'p2p',
    'within-limit',
    null,
  ],
  ['two again, a moment ago', { current: 'sfu' }, 4_999, 'sfu', 'dwell', 5_000],
  ['two again, long enough ago', { current: 'sfu' }, 5_000, 'p2p', 'within-limit', null],
  ['two whose peer-to-peer failed', { p2pBlockedUntil: 60_000 }, 59_999, 'sfu', 'p2p-blocked', 60_000],
  ['two whose failure is long ago', { p2pBlockedUntil: 60_000 }, 60_000, 'p2p', 'within-limit', null],
  ['two of whom one is muted by a moderator', { moderated: true }, 0, 'sfu', 'moderation', null],
  ['one who is left', { participants: 1, p2pBlockedUntil: 60_000 }, 0, 'p2p', 'within-limit', null],
])('%s', (_what, inputs, now, target, rule, recheckAt) => {
  expect(selectMode({ ...small, ...inputs }, now)).toEqual({ target, rule, recheckAt });
});

test('asked again at the time it names, it no longer names that time', () => {
  fc.assert(
    fc.property(
      fc.record({
        participants: fc.integer({ min: 1, max: 10 }),
        p2pMaxParticipants: fc.integer({ min: 1, max: 8 }),
        current: fc.constantFrom('p2p' as const, 'sfu' as const),
        withinLimitSince: fc.option(fc.integer({ min: 0, max: 10_000 })),
        dwellMs: fc.integer({ min: 0, max: 10_000 }),
        p2pBlockedUntil: fc.option(fc.integer({ min: 0, max: 10_000 })),
        moderated: fc.boolean(),
      }),
      fc.integer({ min: 0, max: 20_000 }),
      (inputs, now) => {
        const { recheckAt } = selectMode(inputs, now);
        if (recheckAt === null) return;
        expect(recheckAt).toBeGreaterThan(now);
        // Once it has passed there may be another one, but not the same: no timer runs in a circle.
        const since = inputs.withinLimitSince ?? now;
        const again = selectMode({ ...inputs, withinLimitSince: since }, recheckAt);
        expect(again.recheckAt ?? Infinity).toBeGreaterThan(recheckAt);
      },
    ),
  );
});
