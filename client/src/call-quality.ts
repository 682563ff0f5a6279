/**
 * How good a conversation is for whoever listens, from one reading of the counters after the other. Pure.
 *
 * Delay and loss become a rating R by the E-model (ITU-T G.107), and R the mean opinion score (MOS) that people would give,
 * from 1 (bad) to 4.5. Of the E-model stands here what differs from call to call: impairment by delay, `Id`, in the
 * approximation of Cole and Rosenbluth (2001), and by loss, `Ie,eff`, with the values of G.113 for a codec that conceals what
 * is missing (Ie = 0, Bpl = 25.1); all else is at the defaults of the recommendation, for which R is 93.2.
 */

/** What was counted of one participant's track since its path began. */
export interface QualityReading {
  /** Milliseconds on any clock that only goes forward. */
  readonly at: number;
  /** Which track it is of: counters of another one begin anew. */
  readonly track: string;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Sum of the time that samples or frames have waited to be played, seconds, and of how many. */
  readonly bufferedS: number;
  readonly buffered: number;
  /** Round trip to the other end of the path; null: not known. */
  readonly rttMs: number | null;
  /** How many such paths lie between the two people: one peer-to-peer, two by way of a media server. */
  readonly legs: 1 | 2;
}

/** How good a connection is: `mos` from 1 to 4.5, and as bars, 0 (as good as gone) to 4. */
export interface Quality {
  readonly mos: number;
  readonly bars: 0 | 1 | 2 | 3 | 4;
}

export interface QualityView {
  readonly last: QualityReading;
  /** Smoothed; null: nothing has arrived yet to judge by. */
  readonly mos: number | null;
  readonly bars: Quality['bars'];
}

const BEST_RATING = 93.2;
/** What the capture, a packet of 20 ms and the codec's look-ahead take, milliseconds. */
const CODEC_DELAY_MS = 30;
const LOSS_ROBUSTNESS = 25.1;
/** Worse is believed sooner than better: what has just broken off is not good for some seconds more. */
const SHARE_OF_NEW = { worse: 0.6, better: 0.3 };
/** Above these a connection has one bar more; to have one less it has to be clearly below. */
const BARS_FROM = [1.6, 2.6, 3.4, 4] as const;
const CLEARLY = 0.15;
/** Counted over less, one lost packet would say too much. */
const LEAST_PACKETS = 10;

/** The rating of the E-model. @param delayMs from mouth to ear @param lossRatio of packets, 0 to 1 */
export function ratingOf(delayMs: number, lossRatio: number): number {
  const late = Math.max(0, delayMs - 177.3);
  const loss = lossRatio * 100;
  return BEST_RATING - (0.024 * delayMs + 0.11 * late) - (95 * loss) / (loss + LOSS_ROBUSTNESS);
}

/** Mean opinion score of a rating (G.107, Annex B). */
export function mosOf(rating: number): number {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  return 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
}

/** @param before null for the first reading of a participant */
export function judged(before: QualityView | null, reading: QualityReading): QualityView {
  if (before?.last.track !== reading.track || reading.packetsReceived < before.last.packetsReceived)
    return { last: reading, mos: before?.mos ?? null, bars: before?.bars ?? 0 };
  const { last } = before;
  const received = reading.packetsReceived - last.packetsReceived;
  const lost = Math.max(0, reading.packetsLost - last.packetsLost);
  // Who pauses or mutes sends nothing: that says nothing of the way.
  if (received + lost < LEAST_PACKETS) return { ...before, last: reading };
  const fresh = mosOf(ratingOf(delayOf(last, reading), lost / (received + lost)));
  const { mos: old } = before;
  const share = old !== null && fresh < old ? SHARE_OF_NEW.worse : SHARE_OF_NEW.better;
  const mos = old === null ? fresh : old + (fresh - old) * share;
  return { last: reading, mos, bars: barsOf(mos, old === null ? null : before.bars) };
}

/** What is told of it; the same object as long as it says the same. */
export function qualityOf({ mos, bars }: QualityView, told: Quality | null): Quality | null {
  if (mos === null) return null;
  const rounded = Math.round(mos * 10) / 10;
  return told?.bars === bars && Math.abs(told.mos - rounded) < 0.25 ? told : { mos: rounded, bars };
}

function delayOf(before: QualityReading, now: QualityReading): number {
  const buffered = now.buffered - before.buffered;
  const waitedMs = buffered > 0 ? ((now.bufferedS - before.bufferedS) / buffered) * 1_000 : 0;
  return ((now.rttMs ?? 0) / 2) * now.legs + Math.max(0, waitedMs) + CODEC_DELAY_MS;
}

function barsOf(mos: number, before: Quality['bars'] | null): Quality['bars'] {
  const count = (shift: number) => BARS_FROM.filter((from) => mos >= from + shift).length as Quality['bars'];
  const plain = count(0);
  if (before === null || plain > before) return plain;
  return Math.min(before, count(-CLEARLY)) as Quality['bars'];
}
