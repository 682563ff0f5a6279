import { expect, test } from '@jest/globals';
import { callError } from './call-error.ts';

test('every reason has its own sentence', () => {
  expect(callError('amber-river-42')).toBeNull();
  expect(callError('a'.repeat(128))).toBeNull();
  expect(callError('')).toBe('Enter the call’s name.');
  expect(callError('a'.repeat(129))).toBe('At most 128 characters.');
  expect(callError('café')).toContain('Only the letters a to z');
  expect(callError('/'.repeat(200))).toContain('Only the letters a to z');
});
