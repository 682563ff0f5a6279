/**
 * Which worker takes the next room.
 *
 * A worker's work is forwarding: it grows with the consumers of its rooms. A room that was just created has none yet
 * but will, so every room counts as at least a small call; otherwise a burst of new rooms would all go to the same
 * worker. The worker with the least load is taken, the first of them if several have the same.
 */

/** What a room counts at least, in consumers: a call of three with sound and picture. */
const SMALL_CALL = 12;

export interface Candidate {
  /** Open consumers of each of its rooms. */
  consumersPerRoom: readonly number[];
}

/** @returns undefined if there is no candidate */
export function pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
  let best: { candidate: C; load: number } | undefined;
  for (const candidate of candidates) {
    const load = candidate.consumersPerRoom.reduce((sum, count) => sum + Math.max(count, SMALL_CALL), 0);
    if (!best || load < best.load) best = { candidate, load };
  }
  return best?.candidate;
}
