import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { layoutSpotlight, stripLength } from './spotlight-layout.ts';
import type { Place } from './tile-layout.ts';

const apart = (a: Place, b: Place) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

test('the large tile has most of the stage, and none covers another or leaves it', () => {
  const side = fc.integer({ min: 300, max: 3_000 });
  fc.assert(
    fc.property(side, side, fc.nat({ max: 20 }), (width, height, wanted) => {
      const stage = { width, height };
      const others = Math.min(wanted, stripLength(stage, 8));
      const { large, strip } = layoutSpotlight(stage, others, 8);
      expect(strip).toHaveLength(others);
      expect(large.width * large.height).toBeGreaterThan((width * height) / 2.5);
      const places = [large, ...strip];
      for (const [index, place] of places.entries()) {
        expect(place.x).toBeGreaterThanOrEqual(0);
        expect(place.y).toBeGreaterThanOrEqual(0);
        expect(place.x + place.width).toBeLessThanOrEqual(width + 1);
        expect(place.y + place.height).toBeLessThanOrEqual(height + 1);
        for (const other of places.slice(index + 1)) expect(apart(place, other)).toBe(true);
      }
    }),
  );
});

test('the strip is beside on a broad stage, below on an upright one, and holds a few', () => {
  const beside = layoutSpotlight({ width: 1_256, height: 570 }, 4, 12);
  expect(new Set(beside.strip.map(({ x }) => x)).size).toBe(1);
  const below = layoutSpotlight({ width: 344, height: 500 }, 3, 8);
  expect(new Set(below.strip.map(({ y }) => y)).size).toBe(1);
  expect(stripLength({ width: 1_256, height: 570 }, 12)).toBe(4);
  expect(stripLength({ width: 344, height: 500 }, 8)).toBe(3);
  expect(layoutSpotlight({ width: 344, height: 500 }, 0, 8).large).toEqual({
    x: 0,
    y: 0,
    width: 344,
    height: 500,
  });
});
