import { expect, test } from '@jest/globals';
import { roomOf, shownButtons } from './bar-layout.ts';

test('all that have room are shown; the menu takes the place of one', () => {
  expect(shownButtons(roomOf(6), 6)).toBe(6);
  expect(shownButtons(1_000, 6)).toBe(6);
  expect(shownButtons(roomOf(6) - 5, 6)).toBe(4);
  expect(shownButtons(roomOf(4), 6)).toBe(3);
  expect(shownButtons(0, 6)).toBe(0);
});
