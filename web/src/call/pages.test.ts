import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pagesOf, tilesPerPage } from './pages.ts';
import { layoutTiles } from './tile-layout.ts';

const stageOf = (width: number, height: number) => ({ width: width - 24, height: height - 150 });

describe('tilesPerPage', () => {
  test.each([
    ['a phone', stageOf(360, 640), 6],
    ['a laptop', stageOf(1_280, 720), 16],
    ['a large screen', stageOf(1_920, 1_080), 16],
    ['a phone on its side', stageOf(640, 360), 3],
    ['no room at all', { width: 0, height: 0 }, 1],
  ])('%s', (_what, stage, count) => {
    expect(tilesPerPage(stage, 8)).toBe(count);
  });

  test('whatever the stage, the tiles of a full page can be used, or there is one', () => {
    const side = fc.integer({ min: 1, max: 4_000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const count = tilesPerPage({ width, height }, 8);
        expect(count).toBeGreaterThanOrEqual(1);
        expect(count).toBeLessThanOrEqual(16);
        const [tile] = layoutTiles({ width, height }, count, 8);
        if (count > 1) expect(Math.min(tile?.width ?? 0, tile?.height ?? 0)).toBeGreaterThanOrEqual(90);
      }),
    );
  });
});

describe('pagesOf', () => {
  const lengths = (items: number, perPage: number) =>
    pagesOf(
      Array.from({ length: items }, (_, index) => index),
      perPage,
    ).map(({ length }) => length);

  test('one page as long as it suffices, then about as many on each', () => {
    expect(lengths(16, 16)).toEqual([16]);
    expect(lengths(17, 16)).toEqual([9, 8]);
    expect(lengths(50, 16)).toEqual([13, 13, 13, 11]);
    expect(lengths(7, 6)).toEqual([4, 3]);
    expect(lengths(0, 6)).toEqual([]);
  });

  test('everyone is on one page, in order, and none is too full or empty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 16 }),
        (items, perPage) => {
          const pages = pagesOf(items, perPage);
          expect(pages.flat()).toEqual(items);
          for (const page of pages) expect(page.length).toBeLessThanOrEqual(perPage);
          for (const page of pages) expect(page.length).toBeGreaterThan(0);
          expect(pages.length).toBeLessThanOrEqual(Math.ceil(items.length / perPage));
        },
      ),
    );
  });
});
