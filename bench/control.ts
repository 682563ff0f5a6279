/**
 * What the media server itself adds to mediasoup's calls: its rooms, transports, producers and consumers in this process,
 * without HTTP, beside the same calls on bare mediasoup. Two workers of their own, taking turns round by round.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { silentLog } from '@crossfade/service/log';
import type { RtpParameters } from '@crossfade/shared/rtp';
import { createWorker } from 'mediasoup';
import { codecsOf } from '../media-server/src/rooms/codecs.ts';
import { Rooms } from '../media-server/src/rooms/rooms.ts';
import { transportOptions, type Bitrates } from '../media-server/src/transports/options.ts';
import { WorkerPool } from '../media-server/src/workers/pool.ts';
import { dtlsParameters, opus } from './media-parameters.ts';
import { median, ms, percentile, table } from './statistics.ts';

const PASSES = 3;
/** Of one pass. */
const ROUNDS = 500;
/** Rounds before the first pass: code is compiled. */
const WARM_UP = 2_000;
/** Milliseconds after a microphone is there: the media server then begins to listen to it, which nobody waits for. */
const SETTLE_MS = 2;
/** The figures asked for: times bare mediasoup's median and 99th percentile. */
const LIMITS = { p50: 1.3, p99: 2 };

const operations = [
  'room',
  'transport',
  'connect',
  'produce',
  'consume',
  'resume consumer',
  'pause consumer',
  'pause producer',
  'resume producer',
  'restart ICE',
  'close consumer',
  'close producer',
  'close transport',
  'close room',
] as const;
type Operation = (typeof operations)[number];
type Times = Record<Operation, number>;

/*
 * Closing is only begun by its call, and done when the worker has carried it out, as it does one thing after the other: so
 * it counts until the worker has answered a question that was asked after it.
 */

/** Runs an operation and notes how long it took. */
type Timed = <T>(operation: Operation, work: () => T | Promise<T>) => Promise<T>;

interface Side {
  /** Each operation once. */
  round: (timed: Timed, n: number) => Promise<void>;
  stop: () => Promise<void>;
}

const BITRATES: Bitrates = { maxIncoming: 0, initialOutgoing: 1_000_000, minOutgoing: 0 };

/** Prints a table; tells whether the figures are met. */
export async function benchControl(): Promise<boolean> {
  const sides = { bare: await bareMediasoup(), ours: await mediaServer() };
  const passes: Record<keyof typeof sides, Times[]>[] = [];
  let n = 0;
  const both = async () => {
    n += 1;
    // Whoever comes second finds a warmer machine: each does every other time.
    if (n % 2 === 0) return { bare: await timesOf(sides.bare, n), ours: await timesOf(sides.ours, n) };
    const ours = await timesOf(sides.ours, n);
    return { bare: await timesOf(sides.bare, n), ours };
  };
  for (let round = 0; round < WARM_UP; round += 1) await both();
  for (let pass = 0; pass < PASSES; pass += 1) {
    const samples = { bare: [] as Times[], ours: [] as Times[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const one = await both();
      samples.bare.push(one.bare);
      samples.ours.push(one.ours);
    }
    passes.push(samples);
  }
  await sides.bare.stop();
  await sides.ours.stop();

  /** The middle one of the passes. */
  const figure = (side: keyof typeof sides, operation: Operation, p: number) =>
    median(
      passes.map((samples) =>
        percentile(
          samples[side].map((times) => times[operation]),
          p,
        ),
      ),
    );
  const rows = operations.map((operation) => {
    const [bare50, ours50] = [figure('bare', operation, 0.5), figure('ours', operation, 0.5)];
    const [bare99, ours99] = [figure('bare', operation, 0.99), figure('ours', operation, 0.99)];
    return { operation, bare50, ours50, bare99, ours99, p50: ours50 / bare50, p99: ours99 / bare99 };
  });
  console.log(
    `\nControl operations in process, medians of ${String(PASSES)} passes of ${String(ROUNDS)} rounds ` +
      `(limits p50 ≤ ${String(LIMITS.p50)}×, p99 ≤ ${String(LIMITS.p99)}×)\n`,
  );
  console.log(
    table([
      ['operation', 'bare p50', 'ours p50', 'ratio', 'bare p99', 'ours p99', 'ratio'],
      ...rows.map((row) => [
        row.operation,
        ms(row.bare50),
        ms(row.ours50),
        `${row.p50.toFixed(2)}×`,
        ms(row.bare99),
        ms(row.ours99),
        `${row.p99.toFixed(2)}×`,
      ]),
    ]),
  );
  return rows.every(({ p50, p99 }) => p50 <= LIMITS.p50 && p99 <= LIMITS.p99);
}

async function timesOf(side: Side, n: number): Promise<Times> {
  const times: Partial<Times> = {};
  const timed: Timed = async (operation, work) => {
    const start = performance.now();
    const result = await work();
    times[operation] = performance.now() - start;
    return result;
  };
  await side.round(timed, n);
  return times as Times;
}

async function bareMediasoup(): Promise<Side> {
  const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
  const worker = await createWorker({ logLevel: 'error', ...(workerBin && { workerBin }) });
  const webRtcServer = await worker.createWebRtcServer({
    listenInfos: [
      { protocol: 'udp', ip: '127.0.0.1' },
      { protocol: 'tcp', ip: '127.0.0.1' },
    ],
  });
  const witness = await worker.createRouter();
  const options = transportOptions({ webRtcServer, forceTcp: false, sctp: false, bitrates: BITRATES });
  return {
    round: async (timed, n) => {
      const { router, rtpCapabilities } = await timed('room', async () => {
        const made = await worker.createRouter({ mediaCodecs: codecsOf('conference') });
        // Who is to receive in it has to be told.
        return { router: made, rtpCapabilities: made.rtpCapabilities };
      });
      const send = await timed('transport', () => router.createWebRtcTransport(options));
      const receive = await router.createWebRtcTransport(options);
      await timed('connect', () => send.connect({ dtlsParameters }));
      const producer = await timed('produce', () => send.produce({ kind: 'audio', rtpParameters: opus(n) }));
      await pause(SETTLE_MS);
      const consumer = await timed('consume', () =>
        receive.consume({ producerId: producer.id, rtpCapabilities, paused: true }),
      );
      await timed('resume consumer', () => consumer.resume());
      await timed('pause consumer', () => consumer.pause());
      await timed('pause producer', () => producer.pause());
      await timed('resume producer', () => producer.resume());
      await timed('restart ICE', () => send.restartIce());
      const closed = (operation: Operation, close: () => void) =>
        timed(operation, () => {
          close();
          return witness.dump();
        });
      await closed('close consumer', () => {
        consumer.close();
      });
      await closed('close producer', () => {
        producer.close();
      });
      await closed('close transport', () => {
        send.close();
      });
      await closed('close room', () => {
        router.close();
      });
    },
    stop: () => {
      worker.close();
      return Promise.resolve();
    },
  };
}

async function mediaServer(): Promise<Side> {
  const log = silentLog;
  const pool = await WorkerPool.start({
    count: 1,
    bin: process.env['MEDIASOUP_WORKER_BIN'],
    listenIp: '127.0.0.1',
    announcedAddress: undefined,
    basePort: 0,
    log,
  });
  const [ourWorker] = pool.workers;
  if (!ourWorker) throw new Error('no worker');
  const rooms = new Rooms({
    pool,
    bootId: 'bench',
    counts: { created: () => undefined, closed: () => undefined },
    limits: { leaseGraceMs: 0, emptyMs: 60_000 },
    media: { bitrates: BITRATES, unwatchedPauseMs: 10_000, unwantedLayersMs: 0 },
    workerCapacity: 10_000,
    log,
    admit: () => undefined,
  });
  const witness = await ourWorker.createRouter([]);
  const both = { forceTcp: false, sctp: false };
  return {
    round: async (timed, n) => {
      const { room } = await timed('room', () =>
        rooms.getOrCreate({ id: `room-${String(n)}`, profile: 'conference', maxParticipants: 100 }),
      );
      const { rtpCapabilities } = room;
      const send = await timed('transport', () =>
        room.createTransport({ participantId: 'ann', direction: 'send', ...both }),
      );
      const receive = await room.createTransport({ participantId: 'ben', direction: 'recv', ...both });
      await timed('connect', () => send.connect(dtlsParameters));
      const producer = await timed('produce', () =>
        send.produce({
          kind: 'audio',
          source: 'microphone',
          rtpParameters: opus(n) as RtpParameters,
          paused: false,
        }),
      );
      await pause(SETTLE_MS);
      const { id } = await timed('consume', () => room.consume(receive, producer.id, rtpCapabilities));
      const consumer = room.consumer(id);
      await timed('resume consumer', () => consumer.resume());
      await timed('pause consumer', () => consumer.pause());
      await timed('pause producer', () => producer.pause());
      await timed('resume producer', () => producer.resume());
      await timed('restart ICE', () => send.restartIce());
      const closed = (operation: Operation, close: () => void) =>
        timed(operation, () => {
          close();
          return witness.dump();
        });
      await closed('close consumer', () => {
        consumer.close();
      });
      await closed('close producer', () => {
        producer.close();
      });
      await closed('close transport', () => {
        send.close();
      });
      await closed('close room', () => {
        room.close('deleted');
      });
    },
    stop: () => pool.close(),
  };
}
