import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fittingLayer, layerCount, pictureSizes, type View } from './video-wish.ts';

const three = pictureSizes(3, null);
const wide = (width: number): View => ({ width, height: (width * 9) / 16 });

describe('the size that fits where a video is shown', () => {
  test.each<[string, View | null, number]>([
    ['a small tile', wide(200), 0],
    ['a tile the smallest fills well enough', wide(390), 0],
    ['half a laptop', wide(600), 1],
    ['a whole window', wide(1_900), 2],
    ['nobody says where', null, 2],
    ['an upright tile, which shows the middle of a broad picture', { width: 200, height: 300 }, 1],
  ])('%s', (_where, view, layer) => {
    expect(fittingLayer(view, three, null)).toBe(layer);
  });

  test('a tile that grows and shrinks a little keeps its size', () => {
    const chosen: number[] = [];
    let layer: number | null = null;
    for (const width of [380, 410, 430, 390, 375, 440, 460, 420, 380, 360]) {
      layer = fittingLayer(wide(width), three, layer);
      chosen.push(layer);
    }
    expect(chosen).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 0]);
  });

  const view = fc.record({
    width: fc.integer({ min: 1, max: 4_000 }),
    height: fc.integer({ min: 1, max: 4_000 }),
  });
  const count = fc.integer({ min: 1, max: 4 });

  test('is one there is, and asked again it is the same', () => {
    fc.assert(
      fc.property(view, count, fc.option(fc.nat(3)), (where, layers, before) => {
        const sizes = pictureSizes(layers, null);
        const layer = fittingLayer(where, sizes, before);
        expect(sizes[layer]).toBeDefined();
        expect(fittingLayer(where, sizes, layer)).toBe(layer);
      }),
    );
  });

  test('a larger place never gets a smaller picture', () => {
    fc.assert(
      fc.property(view, count, fc.integer({ min: 1, max: 4 }), (where, layers, times) => {
        const sizes = pictureSizes(layers, null);
        const larger = { width: where.width * times, height: where.height * times };
        const layer = fittingLayer(where, sizes, null);
        expect(fittingLayer(larger, sizes, layer)).toBeGreaterThanOrEqual(layer);
      }),
    );
  });
});

test('the sizes follow from the one that was seen', () => {
  expect(pictureSizes(3, { layer: 1, size: { width: 960, height: 540 } })).toEqual([
    { width: 480, height: 270 },
    { width: 960, height: 540 },
    { width: 1_920, height: 1_080 },
  ]);
});

test.each([
  ['L3T1', 3],
  ['S2T3', 2],
  ['L1T3', 1],
  ['L3T3_KEY', 3],
  [undefined, 1],
])('%s comes in %i sizes', (scalabilityMode, count) => {
  expect(layerCount([{ scalabilityMode }])).toBe(count);
  expect(layerCount(undefined)).toBe(1);
});
