/** When a stream's score is told: often it moves by a point and back, and nobody can do anything with that. Pure. */

/** Milliseconds between two scores told of one stream; also how long a stream gets to start before its score counts. */
export const SCORE_INTERVAL_MS = 2_000;
/** mediasoup's scores: 0 nothing arrives, 10 all of it. Readers take 10 for granted until they are told otherwise. */
export const FULL_SCORE = 10;
/** A change of so many points is always told. */
const STEP = 2;

/** Whether a score differs enough from the one told: by 2 points or more, or because it has reached either end. */
export function scoreWorthTelling(told: number, score: number): boolean {
  if (told === score) return false;
  return Math.abs(told - score) >= STEP || score === 0 || score === FULL_SCORE;
}
