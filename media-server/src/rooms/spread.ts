/**
 * Which worker a newcomer of a room goes to. Pure.
 *
 * All of one room in one worker is best: nothing is forwarded twice. So a newcomer goes where the room is, and if it is
 * in several workers, to the first of them that has not enough, in the order the room came to them: the others may get
 * empty again. When all of them have enough, the room comes to one more worker, the one with the least load
 * of those that have not enough. When there is none, the newcomer goes to that of the room's workers with the least
 * load: whether this server takes more people at all is decided where rooms and participants are admitted, not here.
 */
import { isFull, pick, type Candidate } from '../workers/pick.ts';

export interface SpreadCandidate extends Candidate {
  /** When the room came to it, 0 first; undefined: it is not there. */
  place: number | undefined;
}

/**
 * @param capacity of a worker, in consumers
 * @returns undefined if there is no candidate
 */
export function spread<C extends SpreadCandidate>(candidates: readonly C[], capacity: number): C | undefined {
  const own = candidates
    .filter(({ place }) => place !== undefined)
    .sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
  const free = candidates.filter((one) => !isFull(one, capacity));
  return own.find((one) => free.includes(one)) ?? pick(free) ?? pick(own);
}
