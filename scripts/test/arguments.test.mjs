import { expect, test } from '@jest/globals';

import { parseTestArguments } from './arguments.mjs';

const STEPS = ['format', 'lint', 'unit', 'browser'];

test('no arguments are all steps', () => {
  expect(parseTestArguments([], STEPS)).toEqual({ selected: STEPS, jestArgs: [], help: false });
});

test('steps run in their own order', () => {
  expect(parseTestArguments(['unit', 'format'], STEPS).selected).toEqual(['format', 'unit']);
});

test('what follows -- is for Jest', () => {
  expect(parseTestArguments(['unit', '--', '-t', 'a name'], STEPS)).toEqual({
    selected: ['unit'],
    jestArgs: ['-t', 'a name'],
    help: false,
  });
});

test('an unknown step is named', () => {
  expect(() => parseTestArguments(['units'], STEPS)).toThrow(
    'Unknown step units: the steps of `npm test` are format, lint, unit, browser.',
  );
});
