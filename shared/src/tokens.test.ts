import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allowsCall, userClaimsSchema } from './tokens.ts';

describe('the calls a token is good for', () => {
  test.each([
    [undefined, 'any', true],
    [[], 'any', false],
    [['team'], 'team', true],
    [['team'], 'team-2', false],
    [['team-*'], 'team-2', true],
    [['team-*'], 'my-team-2', false],
    [['*-standup'], 'red-standup', true],
    [['a*c*e'], 'abcde', true],
    [['a*c*e'], 'ace', true],
    [['a*c*e'], 'aec', false],
    [['ab*ba'], 'aba', false],
    [['x', '*'], 'whatever', true],
  ])('%j covers %s: %s', (patterns, callId, covered) => {
    expect(allowsCall(patterns, callId)).toBe(covered);
  });

  test('a pattern means what its regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (glob, callId) => {
        const expression = new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(allowsCall([glob], callId)).toBe(expression.test(callId));
      }),
      { numRuns: 2_000 },
    );
  });

  test('no pattern is slow', () => {
    // The best of three: once, the machine may be busy.
    const took = [1, 2, 3].map(() => {
      const started = performance.now();
      allowsCall([`${'*a'.repeat(60)}b`], 'a'.repeat(128));
      return performance.now() - started;
    });
    expect(Math.min(...took)).toBeLessThan(50);
  });
});

test('whoever gets a token without grants may take part, and not moderate', () => {
  const claims = userClaimsSchema.parse({ aud: 'gateway', typ: 'user', sub: 'u', exp: 1 });
  expect(claims.grants).toEqual({ publish: true, subscribe: true, moderate: false });
});
