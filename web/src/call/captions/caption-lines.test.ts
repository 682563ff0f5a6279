import type { CaptionLine } from '@crossfade/client/call';
import { expect, test } from '@jest/globals';
import { shownCaptions } from './caption-lines.ts';

const line = (id: number, changedAt: number, final = true): CaptionLine => ({
  id,
  participantId: 'ann',
  displayName: 'Ann',
  text: 'x',
  final,
  language: null,
  changedAt,
});

test('the newest three, until they have been there long enough', () => {
  const lines = [line(1, 0), line(2, 5_000), line(3, 5_100), line(4, 5_200), line(5, 5_300)];
  expect(shownCaptions(lines, 6_000).map(({ id }) => id)).toEqual([3, 4, 5]);
  expect(shownCaptions(lines, 12_150).map(({ id }) => id)).toEqual([4, 5]);
  expect(shownCaptions(lines, 20_000)).toEqual([]);
});

test('a guess waits longer for its end', () => {
  expect(shownCaptions([line(1, 0, false)], 10_000)).toHaveLength(1);
  expect(shownCaptions([line(1, 0)], 10_000)).toHaveLength(0);
});
