import { expect, test } from '@jest/globals';
import { visibleText } from './visible-text.ts';

test.each([
  ['Ann', 'Ann'],
  ['  Ann  ', 'Ann'],
  ['Ann\r\nadmin: true', 'Ann admin: true'],
  ['\u001B[31mAnn', '[31mAnn'],
  ['Ann\u0000', 'Ann'],
  ['\u202EnnA', 'nnA'],
  // A family and a Persian word need their joiners.
  ['👩‍👩‍👧 Zoë', '👩‍👩‍👧 Zoë'],
  ['می‌خواهم', 'می‌خواهم'],
])('%j is read as %j', (text, read) => {
  expect(visibleText(text)).toBe(read);
});

test.each(['', ' ', '\u200B\u200B', '\u200D', '\u0000', '\u00AD'])('of %j nothing would be seen', (text) => {
  expect(visibleText(text)).toBe('');
});

test('half of a pair of surrogates does not get through', () => {
  expect(visibleText('A\uD800')).toBe('A\uFFFD');
});
