import { expect, test } from '@jest/globals';
import { distinctNames } from './distinct-names.ts';

test('numbers later people of the same name', () => {
  expect(distinctNames([])).toEqual([]);
  expect(distinctNames(['Bob', 'Ana', 'Bob', 'Bob'])).toEqual(['Bob', 'Ana', 'Bob (2)', 'Bob (3)']);
});

test('does not take a name someone really has', () => {
  expect(distinctNames(['Bob', 'Bob', 'Bob (2)'])).toEqual(['Bob', 'Bob (3)', 'Bob (2)']);
  expect(distinctNames(['Bob (2)', 'Bob (2)', 'Bob', 'Bob'])).toEqual([
    'Bob (2)',
    'Bob (2) (2)',
    'Bob',
    'Bob (3)',
  ]);
});
