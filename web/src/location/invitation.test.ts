import { expect, test } from '@jest/globals';
import { tokenOfFragment } from './invitation.ts';

test('tokenOfFragment', () => {
  expect(tokenOfFragment('#token=a.b.c')).toBe('a.b.c');
  expect(tokenOfFragment('#other=1&token=a.b.c')).toBe('a.b.c');
  expect(tokenOfFragment('#token=')).toBeNull();
  expect(tokenOfFragment('')).toBeNull();
});
