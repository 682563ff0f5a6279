import { expect, test } from '@jest/globals';
import { isReplaced } from './replaced-producers.ts';

const made = (producerId: string, participantId = 'ann', source: 'microphone' | 'camera' = 'microphone') => ({
  producerId,
  participantId,
  source,
});

test('what came first gives way to what was made in its place, once that is received', () => {
  const known = [made('first'), made('second')];
  const replaced = (id: string, ...received: string[]) =>
    isReplaced(made(id), known, (each) => received.includes(each));
  expect(replaced('first')).toBe(false);
  expect(replaced('first', 'second')).toBe(true);
  expect(replaced('second')).toBe(false);
  expect(replaced('second', 'first')).toBe(false);
});

test('neither what others make nor another source takes its place', () => {
  const known = [made('first'), made('of-ben', 'ben'), made('camera', 'ann', 'camera')];
  expect(isReplaced(made('first'), known, () => true)).toBe(false);
});
