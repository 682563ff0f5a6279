import { CodedError, errorCodes } from '@crossfade/shared/errors';
import { expect, test } from '@jest/globals';
import { errorText } from './error-text.ts';
import { NoInvitation, Unreachable } from './token.ts';

test('every error is a plain sentence without codes', () => {
  const errors = [
    ...errorCodes.map((code) => new CodedError(code)),
    new Unreachable(),
    new NoInvitation(),
    new TypeError('x is undefined'),
    'a string',
  ];
  for (const error of errors) {
    const text = errorText(error);
    expect(text).toMatch(/^[A-Z][^{}<>_]+\.$/);
    if (error instanceof CodedError && error.code.includes('-')) expect(text).not.toContain(error.code);
  }
});

test('says what can be done', () => {
  expect(errorText(new CodedError('call-full'))).toBe('This call is full. Try again when someone has left.');
  expect(errorText(new CodedError('unauthenticated'))).toContain('new link');
  expect(errorText(new Unreachable())).toContain('connection');
  expect(errorText(new NoInvitation())).toContain('invitation');
});
