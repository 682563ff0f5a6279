import { expect, test } from '@jest/globals';
import { callError } from './call-error.ts';

test('every reason has its own sentence', () => {
  expect(callError('amber-river-42')).toBeNull();
  expect(callError('a'.repeat(128))).toBeNull();
  expect(callError('')).toBe('Enter the call’s name.');
  expect(callError('a'.repeat(129))).toBe('At most 128 characters.');
  for (const dots of ['.', '..']) expect(callError(dots)).toBe('A call needs more of a name than dots.');
  expect(callError('https://elsewhere.example/call/a')).toBe('This link does not lead to a call here.');
  expect(callError('café')).toContain('Only the letters a to z');
  expect(callError('/'.repeat(200))).toContain('Only the letters a to z');
});
