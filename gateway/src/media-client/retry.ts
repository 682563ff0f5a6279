/** Whether and when a request to a media server is tried again. Pure. */
import type { ErrorCode } from '@crossfade/shared/errors';

/** What became of one attempt. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly code: ErrorCode | undefined }
  | { readonly kind: 'no-answer' };

/** Attempts at one request, the first included. */
const ATTEMPTS = 4;
/** The wait before the second attempt is up to this long; it doubles with each. Milliseconds. */
const FIRST_WAIT_MS = 100;

/**
 * What another attempt at the same server, made in a moment, may change. Neither what is wrong with the request (4xx),
 * nor that the server is full or about to stop: then another one is to be asked.
 */
const RETRIED_CODES: readonly ErrorCode[] = ['rate-limited', 'internal', 'timeout'];
/** Of something between here and there, which says it without a code of ours: bad gateway, unavailable, timeout. */
const RETRIED_STATUSES: readonly number[] = [502, 503, 504];

/**
 * How long to wait before the next attempt, milliseconds; null: there is none.
 * @param attempt the one that has ended, counted from 1
 * @param retryAfterMs what the answer asked for; null: nothing
 * @param leftMs what is left of the time the whole request may take
 * @param random from 0 to 1: full jitter, so that many who failed together do not come back together
 */
export function waitBeforeRetry(
  outcome: Outcome,
  attempt: number,
  { retryAfterMs, leftMs, random }: { retryAfterMs: number | null; leftMs: number; random: number },
): number | null {
  if (attempt >= ATTEMPTS || !mayHelp(outcome)) return null;
  const wait = (retryAfterMs ?? 0) + random * FIRST_WAIT_MS * 2 ** (attempt - 1);
  return wait < leftMs ? wait : null;
}

function mayHelp(outcome: Outcome): boolean {
  if (outcome.kind === 'no-answer') return true;
  if (outcome.code) return RETRIED_CODES.includes(outcome.code);
  return RETRIED_STATUSES.includes(outcome.status);
}

/** What a `Retry-After` header asks for (RFC 9110, 10.2.3: seconds, or a date), milliseconds; null: nothing. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
