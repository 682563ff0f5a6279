/** A token that is over is good for nothing: its client comes back with a fresh one, and resumes. */
import { goodUntil } from '@crossfade/service/user-tokens';
import type { UserClaims } from '@crossfade/shared/tokens';

/** Longest timer there is, milliseconds (24.8 days): a token may be good for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `end` when the token is over. @returns what cancels that */
export function onExpiry(claims: UserClaims, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    const leftMs = goodUntil(claims) - Date.now();
    timer = leftMs > LONGEST_TIMER_MS ? setTimeout(wait, LONGEST_TIMER_MS) : setTimeout(end, leftMs);
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
