/** Where one large tile goes, and a strip of the others beside or below it. Pure, in CSS pixels. */
import type { Place, Size } from './tile-layout.ts';

/** The strip takes this part of a broad stage's width, within bounds. */
const STRIP = { part: 0.17, least: 130, most: 250 };
const STRIP_SHAPE = 16 / 9;
/** On an upright stage the tiles of the strip are square, and at least so wide. */
const LEAST_SQUARE = 96;
const MOST_SQUARE = 160;

export interface SpotlightLayout {
  large: Place;
  /** One for each tile of the strip that is shown. */
  strip: Place[];
}

/** How many tiles the strip holds. */
export function stripLength(stage: Size, gap: number): number {
  const { broad, tile } = stripOf(stage, gap);
  const [room, each] = broad ? [stage.height, tile.height] : [stage.width, tile.width];
  return Math.max(1, Math.floor((room + gap + 0.5) / (each + gap)));
}

/** @param others how many tiles the strip shows, at most `stripLength` */
export function layoutSpotlight(stage: Size, others: number, gap: number): SpotlightLayout {
  if (others === 0) return { large: { x: 0, y: 0, ...stage }, strip: [] };
  const { broad, tile } = stripOf(stage, gap);
  const large = {
    x: 0,
    y: 0,
    width: broad ? Math.max(0, Math.floor(stage.width - tile.width - gap)) : stage.width,
    height: broad ? stage.height : Math.max(0, Math.floor(stage.height - tile.height - gap)),
  };
  const length = others * ((broad ? tile.height : tile.width) + gap) - gap;
  const start = ((broad ? stage.height : stage.width) - length) / 2;
  const strip = Array.from({ length: others }, (_, index) => {
    const along = Math.round(start + index * ((broad ? tile.height : tile.width) + gap));
    return {
      x: broad ? large.width + gap : along,
      y: broad ? along : large.height + gap,
      width: Math.floor(tile.width),
      height: Math.floor(tile.height),
    };
  });
  return { large, strip };
}

function stripOf(stage: Size, gap: number): { broad: boolean; tile: Size } {
  const broad = stage.width >= stage.height;
  if (broad) {
    const width = Math.min(STRIP.most, Math.max(STRIP.least, stage.width * STRIP.part));
    return { broad, tile: { width, height: width / STRIP_SHAPE } };
  }
  const fitting = Math.max(1, Math.floor((stage.width + gap) / (LEAST_SQUARE + gap)));
  const side = Math.min(MOST_SQUARE, (stage.width - gap * (fitting - 1)) / fitting);
  return { broad, tile: { width: side, height: side } };
}
