import { expect, test } from '@jest/globals';
import { Captions, heard, NO_CAPTIONS, type CaptionState, type Said } from './captions.ts';

function said(text: string, change: Partial<Said> = {}): Said {
  return {
    participantId: 'ann',
    displayName: 'Ann',
    text,
    final: false,
    startMs: 0,
    language: 'en',
    at: 1,
    ...change,
  };
}

const after = (...all: Said[]): CaptionState => all.reduce(heard, NO_CAPTIONS);
const texts = ({ lines }: CaptionState) =>
  lines.map(({ displayName, text, final }) => `${displayName}: ${text}${final ? '.' : '…'}`);

test('guesses replace each other, and the final text the last of them, in one line', () => {
  const state = after(said('how'), said('how are'), said('How are you?', { final: true, at: 9 }));
  expect(texts(state)).toEqual(['Ann: How are you?.']);
  expect(state.lines[0]).toMatchObject({ id: 1, changedAt: 9 });
});

test('two who speak at once have a line each, in the order in which they began', () => {
  const ben = { participantId: 'ben', displayName: 'Ben' };
  const state = after(
    said('well'),
    said('no', ben),
    said('well then', { final: true }),
    said('no way', { ...ben, final: true }),
  );
  expect(texts(state)).toEqual(['Ann: well then.', 'Ben: no way.']);
});

test('what follows a final text is a line of its own', () => {
  const state = after(said('One', { final: true }), said('two', { startMs: 800 }));
  expect(texts(state)).toEqual(['Ann: One.', 'Ann: two…']);
  expect(state.lines.map(({ id }) => id)).toEqual([1, 2]);
});

test('a guess that comes late, and a final text that comes twice, change nothing', () => {
  const state = after(said('One', { final: true }));
  expect(heard(state, said('on'))).toBe(state);
  expect(heard(state, said('One', { final: true }))).toBe(state);
});

test('who was not saying anything after all leaves no line', () => {
  expect(texts(after(said('mm'), said(' ', { final: true })))).toEqual([]);
  expect(heard(NO_CAPTIONS, said(''))).toBe(NO_CAPTIONS);
});

test('keeps the newest lines only', () => {
  const many = Array.from({ length: 130 }, (_, n) => said(`line ${String(n)}`, { final: true, startMs: n }));
  const { lines } = after(...many);
  expect(lines).toHaveLength(100);
  expect(lines.at(-1)?.text).toBe('line 129');
});

test('listeners hear of changes only, and find who speaks named', () => {
  const captions = new Captions((participantId) => participantId.toUpperCase());
  let calls = 0;
  const stop = captions.subscribe(() => (calls += 1));
  const event = { callId: 'c', participantId: 'ann', startMs: 0, endMs: 1, language: null };
  captions.received({ ...event, text: 'Hi', final: true });
  captions.received({ ...event, text: 'Hi', final: true });
  expect(calls).toBe(1);
  expect(captions.lines).toMatchObject([{ displayName: 'ANN', text: 'Hi' }]);
  stop();
  captions.received({ ...event, text: 'Bye', final: true, startMs: 5 });
  expect(calls).toBe(1);
});
