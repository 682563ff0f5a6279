import { describe, expect, test } from '@jest/globals';
import { fitPicture, layoutCorner, layoutTiles, type Place, type Size } from './tile-layout.ts';

const desktop = { width: 1256, height: 640 };
const phone = { width: 374, height: 660 };
const stages: Size[] = [desktop, phone, { width: 800, height: 300 }, { width: 1904, height: 940 }];
const GAP = 12;

const columnsOf = (places: Place[]) => new Set(places.map(({ x }) => x)).size;
const rowsOf = (places: Place[]) => new Set(places.map(({ y }) => y)).size;

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe('layoutTiles', () => {
  test('1 to 16 tiles stay inside, apart, equal and in a shape for faces', () => {
    for (const stage of stages) {
      for (let count = 1; count <= 16; count += 1) {
        const places = layoutTiles(stage, count, GAP);
        expect(places).toHaveLength(count);
        for (const [index, place] of places.entries()) {
          expect(place.x).toBeGreaterThanOrEqual(0);
          expect(place.y).toBeGreaterThanOrEqual(0);
          expect(place.x + place.width).toBeLessThanOrEqual(stage.width + 1);
          expect(place.y + place.height).toBeLessThanOrEqual(stage.height + 1);
          expect(place.width).toBe(places[0]?.width);
          expect(place.width / place.height).toBeGreaterThan(0.73);
          expect(place.width / place.height).toBeLessThan(1.82);
          for (const other of places.slice(index + 1)) expect(overlap(place, other)).toBe(false);
        }
      }
    }
  });

  test('spreads over a wide stage and stacks on a phone', () => {
    expect(columnsOf(layoutTiles(desktop, 2, GAP))).toBe(2);
    expect(rowsOf(layoutTiles(phone, 2, GAP))).toBe(2);
    expect(rowsOf(layoutTiles(desktop, 4, GAP))).toBe(2);
    expect(rowsOf(layoutTiles(desktop, 16, GAP))).toBe(4);
  });

  test('centres a row that is not full', () => {
    const [first, second, third] = layoutTiles(desktop, 3, GAP);
    expect(second?.y).toBe(first?.y);
    expect(third?.x).toBeGreaterThan(first?.x ?? 0);
    expect(third?.x).toBeLessThan(second?.x ?? 0);
    const five = layoutTiles(desktop, 5, GAP);
    const last = five.slice(3);
    const left = last[0]?.x ?? 0;
    const right = desktop.width - (last[1]?.x ?? 0) - (last[1]?.width ?? 0);
    expect(Math.abs(left - right)).toBeLessThanOrEqual(2);
  });

  test('nobody, or no room, is no trouble', () => {
    expect(layoutTiles(desktop, 0, GAP)).toEqual([]);
    expect(
      layoutTiles({ width: 0, height: 0 }, 3, GAP).every(({ width, height }) => width + height === 0),
    ).toBe(true);
  });
});

test('layoutCorner is in the lower right of a place, upright where that is', () => {
  for (const stage of stages) {
    const within = { x: 30, y: 20, ...stage };
    const { x, y, width, height } = layoutCorner(within, GAP);
    expect(x + width).toBe(30 + stage.width - GAP);
    expect(y + height).toBe(20 + stage.height - GAP);
    expect(width < height).toBe(stage.width < stage.height);
  }
});

test('fitPicture crops sides rather than heads, and never most of a picture', () => {
  expect(fitPicture(16 / 9, 4 / 3)).toBe('cover');
  expect(fitPicture(4 / 3, 16 / 9)).toBe('cover');
  expect(fitPicture(16 / 9, 3 / 4)).toBe('cover');
  expect(fitPicture(9 / 16, 6 / 5)).toBe('contain');
  expect(fitPicture(16 / 9, 9 / 16)).toBe('contain');
});
