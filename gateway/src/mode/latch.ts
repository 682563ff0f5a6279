/**
 * Keeps a call off peer-to-peer for a while after one of its paths failed or was poor. Pure.
 *
 * The first time for a minute; each time it happens again for twice as long, up to sixteen minutes. What was learnt
 * fades: the time halves with every five minutes since peer-to-peer was allowed again. Reports that come while it holds
 * add nothing, for both ends tell of the same failure, and neither would tell of a path that is not used.
 */

/** What was wrong with a path. */
export type PathTrouble = 'failed' | 'degraded' | 'relayed';

export interface Latch {
  readonly why: PathTrouble;
  /** Until when, milliseconds since 1970. */
  readonly until: number;
  /** How long it was set for, milliseconds. */
  readonly holdMs: number;
}

/** Milliseconds. */
const FIRST_MS = 60_000;
const LONGEST_MS = 960_000;
const HALF_LIFE_MS = 300_000;
/**
 * A path that is told to be connected and takes longer there and back is no conversation, milliseconds. ITU-T G.114 allows
 * 400 ms one way; a client that watches its paths calls them degraded sooner, when a long round trip lasts.
 */
const POOR_RTT_MS = 1_500;

export interface PathReport {
  readonly state: 'connected' | 'degraded' | 'failed';
  /** Milliseconds. */
  readonly rttMs?: number | undefined;
  readonly relayed?: boolean | undefined;
}

/** What is wrong with a path by what a client tells of it; null: nothing. */
export function troubleOf(
  { state, rttMs, relayed }: PathReport,
  whenRelayed: 'allow' | 'sfu',
): PathTrouble | null {
  if (state === 'failed') return 'failed';
  if (state === 'degraded' || (rttMs !== undefined && rttMs > POOR_RTT_MS)) return 'degraded';
  return relayed === true && whenRelayed === 'sfu' ? 'relayed' : null;
}

/** The latch after trouble with a path. */
export function latched(before: Latch | null, why: PathTrouble, now: number): Latch {
  if (before && now < before.until) return before;
  const remembered = before ? before.holdMs * 2 ** (-(now - before.until) / HALF_LIFE_MS) : 0;
  const holdMs = Math.round(Math.min(Math.max(FIRST_MS, 2 * remembered), LONGEST_MS));
  return { why, until: now + holdMs, holdMs };
}
