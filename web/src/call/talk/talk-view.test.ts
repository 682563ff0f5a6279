import { expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { floorErrorText, refusalText, talkView, type TalkInputs } from './talk-view.ts';

const nobody = { holder: null, self: 'listening', queuePosition: null } as const;
const view = (change: Partial<TalkInputs>) =>
  talkView({ floor: nobody, holderName: null, held: false, trouble: null, ...change });

test.each<[string, Partial<TalkInputs>, ReturnType<typeof talkView>]>([
  ['nobody speaks', {}, { look: 'idle', label: 'Hold to talk', detail: null }],
  [
    'somebody speaks',
    { floor: { ...nobody, holder: 'b' }, holderName: 'Ben' },
    { look: 'taken', label: 'Hold to talk', detail: 'Ben is speaking' },
  ],
  ['it has been asked for', { held: true }, { look: 'asking', label: 'One moment…', detail: null }],
  [
    'one is next',
    { held: true, holderName: 'Ben', floor: { holder: 'b', self: 'waiting', queuePosition: 1 } },
    { look: 'waiting', label: 'You are next', detail: 'Ben is speaking' },
  ],
  [
    'others are before one',
    { held: true, holderName: 'Ben', floor: { holder: 'b', self: 'waiting', queuePosition: 3 } },
    { look: 'waiting', label: 'Waiting: number 3', detail: 'Ben is speaking' },
  ],
  [
    'one speaks, whatever went wrong before',
    { held: true, trouble: 'x', floor: { holder: 'me', self: 'speaking', queuePosition: null } },
    { look: 'speaking', label: 'You are speaking', detail: 'Let go to end' },
  ],
  [
    'one may not',
    { held: true, trouble: 'Too many.' },
    { look: 'refused', label: 'Not now', detail: 'Too many.' },
  ],
  [
    'one may not, and has let go',
    { trouble: 'Too many.' },
    { look: 'refused', label: 'Hold to talk', detail: 'Too many.' },
  ],
])('%s', (_when, inputs, expected) => {
  expect(view(inputs)).toEqual(expected);
});

test('a refusal says when to try again', () => {
  expect(refusalText({ kind: 'revoked', reason: 'too-long', retryAfterMs: 4_200 })).toBe(
    'Your turn is over: one may not speak for longer at a time. Try again in 5 seconds.',
  );
  expect(refusalText({ kind: 'denied', reason: 'retry-after', retryAfterMs: 900 })).toMatch(/in 1 second\.$/);
  expect(refusalText({ kind: 'revoked', reason: 'pre-empted' })).toBe(
    'Somebody had something urgent to say.',
  );
});

test('an error has words of its own', () => {
  expect(floorErrorText(new CodedError('blocked-by-moderator'))).toMatch(/moderator/);
  expect(floorErrorText(new CodedError('timeout'))).toMatch(/try again/);
  expect(floorErrorText(new Error('x'))).toMatch(/try again/);
});
