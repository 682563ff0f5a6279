/**
 * How good a peer-to-peer path is, from one reading after the other. Pure. A path is poor while ICE looks for another way,
 * while pictures arrive of which none can be decoded, or while the round trip is too long to talk. It is called degraded
 * when that has lasted, and good again when it has been good for longer, so that a hiccup moves no call.
 */
import type { PathRequest } from '@crossfade/shared/signalling';

export interface PathReading {
  /** Milliseconds on any clock that only goes forward. */
  readonly at: number;
  /** Whether the connection says that it works. */
  readonly connected: boolean;
  /** Counters of the video received; null: none is. */
  readonly video: { readonly bytesReceived: number; readonly framesDecoded: number } | null;
  readonly rttMs: number | null;
  readonly relayed: boolean | null;
}

/** What is told of a path. */
export type PathReport = Pick<PathRequest, 'state' | 'rttMs' | 'relayed'>;

export interface PathView {
  /** Since when it has been otherwise than it is called; null: it is as it is called. */
  readonly otherwiseSince: number | null;
  readonly last: PathReading;
  /** The newest that is worth telling. */
  readonly report: PathReport;
}

/** How long it has to be poor to be called degraded, and good to be called connected again; milliseconds. */
const DEGRADED_AFTER_MS = 3_500;
const GOOD_AFTER_MS = 8_000;
/** A longer round trip is poor; to be good again it has to be clearly shorter. Milliseconds. */
const POOR_RTT_MS = 800;
const GOOD_RTT_MS = 500;
/** Less than this between two readings may be the rest of one frame, bytes. */
const PICTURE_BYTES = 2_000;
/** What a round trip has to change by to be told again: this factor, and this many milliseconds. */
const NEWS_FACTOR = 1.5;
const NEWS_MS = 100;

/** @param before null for the first reading of a connection */
export function viewed(before: PathView | null, reading: PathReading): PathView {
  if (!before) return { otherwiseSince: null, last: reading, report: reportOf('connected', reading) };
  const { report } = before;
  const isDegraded = report.state === 'degraded';
  const poor = isPoor(before.last, reading, isDegraded);
  const since = poor === isDegraded ? null : (before.otherwiseSince ?? reading.at);
  const wait = isDegraded ? GOOD_AFTER_MS : DEGRADED_AFTER_MS;
  if (since !== null && reading.at - since >= wait) {
    const state = isDegraded ? 'connected' : 'degraded';
    return { otherwiseSince: null, last: reading, report: reportOf(state, reading) };
  }
  const fresh = reportOf(report.state, reading);
  return { otherwiseSince: since, last: reading, report: isNews(report, fresh) ? fresh : report };
}

function isPoor(before: PathReading, now: PathReading, wasPoor: boolean): boolean {
  if (!now.connected) return true;
  if (now.rttMs !== null && now.rttMs > (wasPoor ? GOOD_RTT_MS : POOR_RTT_MS)) return true;
  if (!now.video || !before.video) return false;
  const bytes = now.video.bytesReceived - before.video.bytesReceived;
  return bytes >= PICTURE_BYTES && now.video.framesDecoded === before.video.framesDecoded;
}

function reportOf(state: PathReport['state'], { rttMs, relayed }: PathReading): PathReport {
  return { state, ...(rttMs !== null && { rttMs }), ...(relayed !== null && { relayed }) };
}

function isNews(told: PathReport, { rttMs, relayed }: PathReport): boolean {
  if (relayed !== undefined && relayed !== told.relayed) return true;
  if (rttMs === undefined) return false;
  if (told.rttMs === undefined) return true;
  const [low, high] = rttMs < told.rttMs ? [rttMs, told.rttMs] : [told.rttMs, rttMs];
  return high - low >= NEWS_MS && high >= low * NEWS_FACTOR;
}
