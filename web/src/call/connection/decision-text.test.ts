import { expect, test } from '@jest/globals';
import { decisionInputs, decisionText } from './decision-text.ts';

test('a rule in words, with what it counted', () => {
  expect(decisionText({ rule: 'above-limit', inputs: { participants: 3 } })).toMatch(/^3 people in the call/);
  expect(decisionText({ rule: 'within-limit', inputs: { participants: 1 } })).toMatch(/^One person/);
  expect(decisionText({ rule: 'requirement', inputs: { requires: 'push-to-talk' } })).toMatch(/push-to-talk/);
});

test('a rule nobody knows here is named', () => {
  expect(decisionText({ rule: 'full-moon', inputs: {} })).toBe('By the rule “full-moon”.');
});

test('inputs are told as they are, what is null is not', () => {
  expect(
    decisionInputs({
      inputs: { participants: 2, screen: false, dwellMs: 5_000, path: null, current: 'sfu' },
    }),
  ).toEqual([
    ['participants', '2'],
    ['screen', 'no'],
    ['dwell', '5 s'],
    ['current', 'sfu'],
  ]);
});
