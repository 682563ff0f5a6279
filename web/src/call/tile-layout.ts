/** Where the pictures of a call go. Pure: sizes in, places out; all in CSS pixels. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Place extends Size {
  readonly x: number;
  readonly y: number;
}

/** Tiles are between two shapes (width by height), so that no picture loses much to cropping. */
const WIDEST = 16 / 9;
const TALLEST = { upright: 3 / 4, broad: 6 / 5 };

/**
 * Equal tiles, as large as possible, rows centred.
 * @param gap between two tiles
 */
export function layoutTiles(stage: Size, count: number, gap: number): Place[] {
  const tallest = isUpright(stage) ? TALLEST.upright : TALLEST.broad;
  let best: { tile: Size; columns: number } | null = null;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cell = {
      width: (stage.width - gap * (columns - 1)) / columns,
      height: (stage.height - gap * (rows - 1)) / rows,
    };
    const tile = fitShape(cell, tallest);
    if (best === null || area(tile) > area(best.tile)) best = { tile, columns };
  }
  if (best === null) return [];

  const { tile, columns } = best;
  const rows = Math.ceil(count / columns);
  const top = (stage.height - rows * tile.height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = (stage.width - inRow * tile.width - (inRow - 1) * gap) / 2;
    return {
      x: Math.round(left + (index - row * columns) * (tile.width + gap)),
      y: Math.round(top + row * (tile.height + gap)),
      width: Math.floor(tile.width),
      height: Math.floor(tile.height),
    };
  });
}

/** The own picture in a call of two: small, in the lower right corner of the other one, upright where that is. */
export function layoutCorner(within: Place, gap: number): Place {
  const upright = isUpright(within);
  const width = Math.round(
    upright ? clamp(within.width * 0.28, 84, 160) : clamp(within.width * 0.2, 120, 260),
  );
  const height = Math.round(upright ? width / TALLEST.upright : width / WIDEST);
  return {
    x: within.x + within.width - width - gap,
    y: within.y + within.height - height - gap,
    width,
    height,
  };
}

/** How much of a picture stays visible at least when it is cropped: losing the sides hurts less than losing a head. */
const LEAST_WIDTH = 0.4;
const LEAST_HEIGHT = 0.6;

/** How a picture of one shape is put into a tile of another (shapes: width by height): cropped, or whole with bars. */
export function fitPicture(picture: number, tile: number): 'cover' | 'contain' {
  const width = tile / picture;
  const height = picture / tile;
  return width < LEAST_WIDTH || height < LEAST_HEIGHT ? 'contain' : 'cover';
}

/** The largest shape between `tallest` and `WIDEST` that fits into a cell. */
function fitShape({ width, height }: Size, tallest: number): Size {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  const shape = width / height;
  if (shape > WIDEST) return { width: height * WIDEST, height };
  if (shape < tallest) return { width, height: width / tallest };
  return { width, height };
}

function isUpright({ width, height }: Size): boolean {
  return width < height;
}

function area({ width, height }: Size): number {
  return width * height;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
