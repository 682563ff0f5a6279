/** How many tiles a page holds, and who is on which. Pure. */
import { layoutTiles, type Size } from './tile-layout.ts';

const MOST_TILES = 16;
/** Below these a face cannot be read: CSS pixels of the shorter side, and of the whole tile. */
const LEAST_SIDE = 90;
const LEAST_AREA = 21_000;

/** How many tiles of a usable size fit: at least one, at most 16. */
export function tilesPerPage(stage: Size, gap: number): number {
  for (let count = MOST_TILES; count > 1; count -= 1) {
    const [tile] = layoutTiles(stage, count, gap);
    if (tile && Math.min(tile.width, tile.height) >= LEAST_SIDE && tile.width * tile.height >= LEAST_AREA) {
      return count;
    }
  }
  return 1;
}

/** Shares items out over as few pages as there have to be, in their order, about as many on each. */
export function pagesOf<T>(items: readonly T[], perPage: number): T[][] {
  const pages = Math.ceil(items.length / perPage);
  const each = Math.ceil(items.length / Math.max(1, pages));
  return Array.from({ length: pages }, (_, page) => items.slice(page * each, (page + 1) * each)).filter(
    (page) => page.length > 0,
  );
}
