/**
 * What Prometheus is told of the media themselves: every `STATS_INTERVAL_S` each stream's statistics are asked for, a few at a time.
 * What a stream had after the last look before its end is not counted.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import { Counter, Histogram, type Registry } from 'prom-client';
import { sampleOf, type RtpDirection, type Sample, type Seen, type StreamStat } from './rtp-streams.ts';

/** Statistics that are asked for at the same time: a worker's other requests wait behind no more than these. */
const IN_FLIGHT = 8;

/** A producer or consumer. */
interface Measured {
  stats(): Promise<readonly StreamStat[]>;
}

/** All rooms, as far as their streams go. */
export interface MeasuredRooms {
  readonly all: Iterable<{
    readonly streams: { readonly inbound: readonly Measured[]; readonly outbound: readonly Measured[] };
  }>;
}

export interface RtpMetricsOptions {
  rooms: MeasuredRooms;
  /** Milliseconds between the end of one round and the next; 0: never. */
  intervalMs: number;
  log: Log;
}

/** @returns stops it */
export function observeRtp(registry: Registry, { rooms, intervalMs, log }: RtpMetricsOptions): () => void {
  const record = recorder(registry);
  if (intervalMs === 0) return () => undefined;
  const seen = new WeakMap<Measured, Seen>();
  const stop = new AbortController();
  let timer: NodeJS.Timeout;

  const look = async (direction: RtpDirection, measured: Measured) => {
    const sample = sampleOf(seen.get(measured), await measured.stats(), direction);
    seen.set(measured, sample.seen);
    record(direction, sample);
  };
  const round = async () => {
    const looks = streamsOf(rooms).values();
    const hung = new AbortController();
    const lookOn = async () => {
      for (const [direction, measured] of looks) {
        if (stop.signal.aborted || hung.signal.aborted) return;
        try {
          await look(direction, measured);
        } catch (error) {
          // Closed meanwhile; or a worker hangs, and all of this worker's would be waited for in vain.
          if (error instanceof CodedError && error.code === 'timeout') hung.abort();
        }
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lookOn));
    if (hung.signal.aborted) log.warn('statistics were not to be had');
    if (!stop.signal.aborted) next();
  };
  const next = () => {
    timer = setTimeout(() => void round(), intervalMs);
    timer.unref();
  };
  next();
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

function streamsOf(rooms: MeasuredRooms): [RtpDirection, Measured][] {
  return [...rooms.all].flatMap(({ streams }) => [
    ...streams.inbound.map((measured): [RtpDirection, Measured] => ['in', measured]),
    ...streams.outbound.map((measured): [RtpDirection, Measured] => ['out', measured]),
  ]);
}

function recorder(registry: Registry): (direction: RtpDirection, sample: Sample) => void {
  const common = { labelNames: ['direction'], registers: [registry] };
  const counter = (about: { name: string; help: string }) => new Counter({ ...about, ...common });
  const histogram = (about: { name: string; help: string; buckets: number[] }) =>
    new Histogram({ ...about, ...common });
  const bytes = counter({ name: 'crossfade_media_rtp_bytes_total', help: 'RTP bytes, payload and headers.' });
  const packets = counter({ name: 'crossfade_media_rtp_packets_total', help: 'RTP packets.' });
  const lost = counter({
    name: 'crossfade_media_rtp_packets_lost_total',
    help: 'RTP packets that were lost on the way.',
  });
  const loss = histogram({
    name: 'crossfade_media_rtp_loss_ratio',
    help: 'Share of the packets of a stream that was lost lately, 0 to 1.',
    buckets: [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
  });
  const rtt = histogram({
    name: 'crossfade_media_rtp_rtt_seconds',
    help: 'Round-trip time of a stream.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1],
  });
  const score = histogram({
    name: 'crossfade_media_rtp_score',
    help: 'How well a stream arrives, 0 (nothing) to 10 (all of it).',
    buckets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  });
  return (direction, sample) => {
    bytes.inc({ direction }, sample.increase.bytes);
    packets.inc({ direction }, sample.increase.packets);
    lost.inc({ direction }, sample.increase.lost);
    for (const value of sample.losses) loss.observe({ direction }, value);
    for (const value of sample.rtts) rtt.observe({ direction }, value);
    for (const value of sample.scores) score.observe({ direction }, value);
  };
}
