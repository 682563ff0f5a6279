/** Where shared screens go. Pure: sizes in, places out; all in CSS pixels. */
import { layoutTiles, type Place, type Size } from './tile-layout.ts';

/** How much of the stage people keep beside a screen, along its longer side. */
const PEOPLE = 0.22;

/** Screens large, and people beside them: below on an upright stage, otherwise on the right. */
export function layoutWithScreens(
  stage: Size,
  screens: number,
  people: number,
  gap: number,
): { screens: Place[]; people: Place[] } {
  const upright = stage.width < stage.height;
  const long = upright ? stage.height : stage.width;
  const kept = Math.round(long * PEOPLE);
  const large = Math.max(0, long - kept - gap);
  const around = (at: number, length: number): Place =>
    upright
      ? { x: 0, y: at, width: stage.width, height: length }
      : { x: at, y: 0, width: length, height: stage.height };
  const screenArea = around(0, large);
  return {
    // One has all the room: its picture keeps its shape inside.
    screens: screens === 1 ? [screenArea] : within(screenArea, screens, gap),
    people: within(around(large + gap, kept), people, gap),
  };
}

function within(area: Place, count: number, gap: number): Place[] {
  return layoutTiles(area, count, gap).map((place) => ({
    ...place,
    x: place.x + area.x,
    y: place.y + area.y,
  }));
}
