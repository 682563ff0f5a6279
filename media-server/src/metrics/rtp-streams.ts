/**
 * What is counted of RTP streams between two looks at them. Pure. mediasoup tells how many packets a stream has had since
 * it began; what came since the last look is added to the totals, so that they go on when streams end.
 */

export type RtpDirection = 'in' | 'out';

/** One stream, as mediasoup's statistics show it. */
export interface StreamStat {
  readonly type: string;
  readonly ssrc: number;
  readonly byteCount: number;
  readonly packetCount: number;
  readonly packetsLost: number;
  /** Of the packets since the last report, in 256ths (RFC 3550, 6.4.1). */
  readonly fractionLost: number;
  /** Milliseconds; absent or 0 before the first report. */
  readonly roundTripTime?: number | undefined;
  /** 0 nothing to 10 all of it. */
  readonly score: number;
}

export interface Counts {
  readonly bytes: number;
  readonly packets: number;
  readonly lost: number;
}

/** A producer's or consumer's counts by SSRC, as last seen. */
export type Seen = ReadonlyMap<number, Counts>;

export interface Sample {
  readonly seen: Seen;
  readonly increase: Counts;
  /** Seconds, of each stream that has been reported on. */
  readonly rtts: readonly number[];
  /** 0 to 1, of each stream. */
  readonly losses: readonly number[];
  /** 0 to 10, of each stream. */
  readonly scores: readonly number[];
}

const TYPES: Readonly<Record<RtpDirection, string>> = { in: 'inbound-rtp', out: 'outbound-rtp' };
const NONE: Counts = { bytes: 0, packets: 0, lost: 0 };

/** @param stats a consumer's have its producer's in them, too, which is counted there */
export function sampleOf(
  before: Seen | undefined,
  stats: readonly StreamStat[],
  direction: RtpDirection,
): Sample {
  const streams = stats.filter(({ type }) => type === TYPES[direction]);
  const seen = new Map(
    streams.map(({ ssrc, byteCount, packetCount, packetsLost }) => [
      ssrc,
      { bytes: byteCount, packets: packetCount, lost: packetsLost },
    ]),
  );
  let increase = NONE;
  for (const [ssrc, now] of seen) increase = sum(increase, difference(now, before?.get(ssrc) ?? NONE));
  return {
    seen,
    increase,
    rtts: streams.flatMap(({ roundTripTime }) => (roundTripTime ? [roundTripTime / 1_000] : [])),
    losses: streams.map(({ fractionLost }) => fractionLost / 256),
    scores: streams.map(({ score }) => score),
  };
}

function sum(one: Counts, other: Counts): Counts {
  return {
    bytes: one.bytes + other.bytes,
    packets: one.packets + other.packets,
    lost: one.lost + other.lost,
  };
}

/** Never below 0: late packets make those lost fewer again, and a counter cannot go back. */
function difference(now: Counts, before: Counts): Counts {
  return {
    bytes: Math.max(0, now.bytes - before.bytes),
    packets: Math.max(0, now.packets - before.packets),
    lost: Math.max(0, now.lost - before.lost),
  };
}
