/**
 * In which order people are seated, so that who speaks is in view and nobody moves without need. Pure. Newcomers sit down at the
 * end; who leaves lets those behind move up; who speaks out of view changes places with one person in front, and nobody else
 * moves.
 */

export interface Seating {
  readonly order: readonly string[];
  /** Who has spoken, the last one first. */
  readonly spoke: readonly string[];
}

export const NOBODY_SEATED: Seating = { order: [], spoke: [] };

export interface Situation {
  /** Everyone there is. */
  readonly present: readonly string[];
  /** Who speaks; null: nobody. */
  readonly speaker: string | null;
  /** How many seats there are in front. */
  readonly front: number;
  /** The seats that are looked at, which may be others: from, and before which. */
  readonly inView: readonly [from: number, to: number];
}

/** @returns the seating before if nothing changes */
export function seated(before: Seating, { present, speaker, front, inView }: Situation): Seating {
  const here = new Set(present);
  const staying = before.order.filter((id) => here.has(id));
  const known = new Set(staying);
  const order = [...staying, ...present.filter((id) => !known.has(id))];
  const spoke = before.spoke.filter((id) => here.has(id) && id !== speaker);
  if (speaker !== null && here.has(speaker)) spoke.unshift(speaker);

  const seat = speaker === null ? -1 : order.indexOf(speaker);
  const [from, to] = inView;
  const isSeen = seat < front || (seat >= from && seat < to);
  if (seat >= 0 && !isSeen && front > 0) {
    const other = leastRecent(order.slice(0, front), spoke);
    [order[other], order[seat]] = [order[seat] ?? '', order[other] ?? ''];
  }
  return sameList(order, before.order) && sameList(spoke, before.spoke) ? before : { order, spoke };
}

/** The seat of whoever has been silent for the longest; of several who never spoke, the last one. */
function leastRecent(seats: readonly string[], spoke: readonly string[]): number {
  const silence = seats.map((id) => {
    const since = spoke.indexOf(id);
    return since === -1 ? spoke.length : since;
  });
  return silence.lastIndexOf(Math.max(...silence));
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index]);
}
