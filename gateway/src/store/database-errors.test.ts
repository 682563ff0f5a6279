import { expect, test } from '@jest/globals';
import { whyNotUsable } from './database-errors.ts';

const failed = (code: string) => Object.assign(new Error('with a password'), { code });

test.each([
  ['3D000', 'there is no such database (3D000)'],
  ['28000', 'the user or the password is refused (28000)'],
  ['28P01', 'the user or the password is refused (28P01)'],
  ['ECONNREFUSED', 'nothing listens there (ECONNREFUSED)'],
  ['XX000', 'the database does not answer as it should (XX000)'],
])('%s: %s', (code, told) => {
  expect(whyNotUsable(failed(code))).toBe(told);
  // As Drizzle has it.
  expect(whyNotUsable(new Error('a query failed', { cause: failed(code) }))).toBe(told);
});

test('one without a code says what it is', () => {
  expect(whyNotUsable(new Error('timeout expired'))).toBe(
    'the database does not answer as it should (timeout expired)',
  );
});
