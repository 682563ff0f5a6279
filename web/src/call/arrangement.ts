/** Which tiles are seen, and where. Pure. */
import { pagesOf, tilesPerPage } from './pages.ts';
import { layoutSpotlight, stripLength } from './spotlight-layout.ts';
import type { StageTile, StageTiles } from './stage-tiles.ts';
import { layoutCorner, layoutTiles, type Place, type Size } from './tile-layout.ts';

/** What the buttons that turn the pages take of the height, CSS pixels. */
export const PAGER_HEIGHT = 44;
const GAP = { narrow: 8, usual: 12 };
const NARROW = 480;

export interface Placed {
  readonly tile: StageTile;
  readonly place: Place;
  readonly role: 'equal' | 'large' | 'strip' | 'corner';
}

export interface Arrangement {
  readonly placed: readonly Placed[];
  readonly pages: number;
  /** From 0; the last one if there are not so many as were asked for. */
  readonly page: number;
  /** How many of the others sit on the first page. */
  readonly front: number;
}

/**
 * Two see each other large, with the own picture in the corner; more share the room equally, over several pages if there are too
 * many, or are a strip beside the one in the spotlight. One's own tile is the last one of the first page.
 * @param spotlight the tile that is shown large
 */
export function arrange(
  size: Size,
  { screens, people, self }: StageTiles,
  spotlight: string | null,
  wantedPage: number,
): Arrangement {
  const gap = size.width < NARROW ? GAP.narrow : GAP.usual;
  const others = [...screens, ...people];
  const [only, ...more] = others;
  if (only && more.length === 0 && spotlight === null) {
    const [place = { x: 0, y: 0, ...size }] = layoutTiles(size, 1, gap);
    const corner = layoutCorner(place, gap);
    const placed = [
      { tile: only, place, role: 'equal' },
      { tile: self, place: corner, role: 'corner' },
    ] as const;
    return { placed, pages: 1, page: 0, front: 1 };
  }

  const large = [...others, self].find(({ id }) => id === spotlight);
  const rest = others.filter((tile) => tile !== large);
  const own = large === self ? [] : [self];
  const held = (stage: Size) => (large ? stripLength(stage, gap) : tilesPerPage(stage, gap));
  const count = rest.length + own.length;
  const paged = count > held(size);
  const stage = paged ? { ...size, height: Math.max(0, size.height - PAGER_HEIGHT) } : size;
  const perPage = paged ? held(stage) : Math.max(1, count);
  const firstPage = pagesOf(Array.from({ length: count }), perPage)[0]?.length ?? 0;
  const before = Math.max(1, firstPage - own.length);
  const pages = pagesOf([...rest.slice(0, before), ...own, ...rest.slice(before)], perPage);
  const page = Math.max(0, Math.min(wantedPage, pages.length - 1));
  const tiles = pages[page] ?? [];
  const front = rest.slice(0, before).filter((tile) => people.includes(tile)).length;
  const standing = { pages: Math.max(1, pages.length), page, front };
  if (large) {
    const layout = layoutSpotlight(stage, tiles.length, gap);
    const strip = zip(tiles, layout.strip, 'strip');
    return { ...standing, placed: [{ tile: large, place: layout.large, role: 'large' }, ...strip] };
  }
  return { ...standing, placed: zip(tiles, layoutTiles(stage, tiles.length, gap), 'equal') };
}

function zip(tiles: readonly StageTile[], places: readonly Place[], role: Placed['role']): Placed[] {
  return tiles.flatMap((tile, index) => {
    const place = places[index];
    return place ? [{ tile, place, role }] : [];
  });
}
