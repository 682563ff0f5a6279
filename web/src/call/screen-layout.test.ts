import { describe, expect, test } from '@jest/globals';
import { layoutWithScreens } from './screen-layout.ts';
import type { Place, Size } from './tile-layout.ts';

const area = ({ width, height }: Size) => width * height;
const apart = (a: Place, b: Place) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

describe.each([
  ['broad', { width: 1_200, height: 700 }],
  ['upright', { width: 360, height: 560 }],
])('a stage that is %s', (_what, stage) => {
  test.each([
    [1, 2],
    [1, 12],
    [2, 3],
  ])('%s screens are large beside %s people, and nothing overlaps', (screens, people) => {
    const layout = layoutWithScreens(stage, screens, people, 12);
    const all = [...layout.screens, ...layout.people];
    expect([layout.screens.length, layout.people.length]).toEqual([screens, people]);
    for (const place of all) {
      expect(place.x + place.width).toBeLessThanOrEqual(stage.width);
      expect(place.y + place.height).toBeLessThanOrEqual(stage.height);
      expect(area(place)).toBeGreaterThan(0);
      expect(all.filter((other) => other !== place).every((other) => apart(place, other))).toBe(true);
    }
    const ofScreens = layout.screens.reduce((sum, place) => sum + area(place), 0);
    if (screens === 1) expect(ofScreens).toBeGreaterThan(area(stage) * 0.7);
  });
});
