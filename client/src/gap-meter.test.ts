import { describe, expect, test } from '@jest/globals';
import { longestGap, presentationTimes } from './gap-meter.ts';

describe('the longest gap between frames', () => {
  test.each([
    ['of regular frames is their distance', [0, 50, 100, 150, 200], 50, 150, 50],
    ['is the freeze in the middle', [0, 50, 100, 400, 450], 60, 450, 300],
    ['counts a freeze that reaches into the window from before', [0, 300, 350], 200, 350, 300],
    ['counts a freeze that reaches out of it only up to its end', [0, 50, 900], 0, 500, 450],
    ['counts the time since the last frame', [0, 50, 100], 0, 600, 500],
    ['does not count a freeze before the window', [0, 400, 450, 500], 420, 500, 50],
    ['is unknown without a frame', [], 0, 100, null],
    ['is unknown if all frames come after the window', [200, 250], 0, 100, null],
  ])('%s', (_what, times, from, to, expected) => {
    expect(longestGap(times, from, to)).toBe(expected);
  });
});

test('frames a busy page was not told of are spread evenly', () => {
  const told = [
    { at: 0, count: 7 },
    { at: 50, count: 8 },
    { at: 200, count: 11 },
    { at: 500, count: 12 },
  ];
  expect(presentationTimes(told)).toEqual([0, 50, 100, 150, 200, 500]);
  // The count starts anew with another track.
  expect(presentationTimes([...told, { at: 550, count: 1 }]).at(-1)).toBe(550);
  expect(presentationTimes([])).toEqual([]);
});
