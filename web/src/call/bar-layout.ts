/** How wide a button with its name is, CSS pixels; as `w-16`. */
const BUTTON = 64;
const GAP = 4;

/**
 * How many of the buttons have room, from the first on. If not all of them, the menu that holds the others takes the place
 * of one.
 * @param room for all of them, CSS pixels
 */
export function shownButtons(room: number, count: number): number {
  const places = Math.floor((room + GAP) / (BUTTON + GAP));
  return places >= count ? count : Math.max(0, places - 1);
}

/** The room that a number of buttons takes. */
export function roomOf(count: number): number {
  return count * (BUTTON + GAP);
}
