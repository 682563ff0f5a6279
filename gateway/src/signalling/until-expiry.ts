/** A token that is over is good for nothing: its client comes back with a fresh one, and resumes. */
import { goodUntil } from '@crossfade/service/user-tokens';
import type { UserClaims } from '@crossfade/shared/tokens';

/** Longest timer there is, milliseconds: a token may be good for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `end` when the token is over. @returns what cancels that */
export function onExpiry(claims: UserClaims, end: () => void): () => void {
  const timer = setTimeout(end, Math.min(LONGEST_TIMER_MS, goodUntil(claims) - Date.now()));
  timer.unref();
  return () => clearTimeout(timer);
}
