import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { verifyServiceToken } from '@crossfade/service/tokens';
import { ownTokens } from './own-token.ts';

const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const LOOK_EVERY_MS = 10_000;
const key = () => ({ secret: 'x'.repeat(64), issuer: 'crossfade' });

beforeEach(() => {
  jest.useFakeTimers({ now: NOW });
});
afterEach(() => {
  jest.useRealTimers();
});

describe.each([-120_000, 0, 120_000])('a gateway whose clock is %s ms off', (shiftMs) => {
  test('always has a token that is good at the media server', () => {
    const token = ownTokens(key());
    const given = new Set<string>();
    for (let passedMs = 0; passedMs < 3_600_000; passedMs += LOOK_EVERY_MS) {
      jest.setSystemTime(NOW + passedMs + shiftMs);
      const current = token();
      given.add(current);
      jest.setSystemTime(NOW + passedMs);
      // A key of its own each time: nothing is remembered of what was verified before.
      expect(verifyServiceToken(current, key())).toMatchObject({ sub: 'gateway' });
    }
    // It is signed now and then, not for every request.
    expect(given.size).toBeGreaterThan(5);
    expect(given.size).toBeLessThan(20);
  });
});
