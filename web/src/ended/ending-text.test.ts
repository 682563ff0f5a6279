import { CodedError } from '@crossfade/shared/errors';
import { expect, test } from '@jest/globals';
import { endingText } from './ending-text.ts';

test('every ending has a title and a sentence', () => {
  for (const reason of ['left', 'replaced', 'ended', 'failed'] as const) {
    const { title, text } = endingText({ kind: 'ended', reason });
    expect(title).not.toBe('');
    expect(text).toMatch(/\.$/);
  }
});

test('a failure says why when that is known', () => {
  const error = new CodedError('call-full');
  expect(endingText({ kind: 'ended', reason: 'failed', error }).text).toContain('full');
});
