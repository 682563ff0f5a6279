import { CodedError } from '@crossfade/shared/errors';
import { expect, test } from '@jest/globals';
import { endingText } from './ending-text.ts';

test('every ending has a title and a sentence', () => {
  for (const reason of ['left', 'replaced', 'ended', 'removed', 'failed'] as const) {
    const { title, text } = endingText({ kind: 'ended', reason });
    expect(title).not.toBe('');
    expect(text).toMatch(/\.$/);
  }
});

test('a failure says why when that is known', () => {
  const error = new CodedError('call-full');
  expect(endingText({ kind: 'ended', reason: 'failed', error }).text).toContain('full');
});

test('who was removed reads what the moderator said', () => {
  const ending = { kind: 'ended', reason: 'removed', message: 'Please come back sober' } as const;
  expect(endingText(ending).text).toContain('“Please come back sober”');
});
