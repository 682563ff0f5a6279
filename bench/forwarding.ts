/**
 * What forwarding costs a worker of the media server, beside a bare mediasoup worker: packets a second of processor time. The
 * same packets go to both, in turns: one sender of video, forty receivers, without encryption, so that what is ours shows.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLog } from '@crossfade/service/log';
import { createWorker, type types } from 'mediasoup';
import { codecsOf } from '../media-server/src/rooms/codecs.ts';
import { MediaWorker } from '../media-server/src/workers/worker.ts';
import { vp8 } from './media-parameters.ts';
import { cpuSeconds } from './processor-time.ts';
import { median, table } from './statistics.ts';

const ROUNDS = 5;
const RECEIVERS = 40;
/** One round of one side, milliseconds. */
const ROUND_MS = 4_000;
const PACKETS_A_BURST = 10;
const BURST_EVERY_MS = 10;
const PAYLOAD_BYTES = 1_188;
const SSRC = 1_234;
/** The figure asked for: how much less a worker of ours may forward. */
const LIMIT = 0.03;

interface Side {
  /** Sends for one round; resolves with packets forwarded a second of processor time. */
  round: () => Promise<number>;
}

/** Prints a table; tells whether the figure is met. */
export async function benchForwarding(): Promise<boolean> {
  const bin = process.env['MEDIASOUP_WORKER_BIN'];
  const start = () => createWorker({ logLevel: 'none', ...(bin !== undefined && { workerBin: bin }) });
  const [sink, bareWorker] = [await start(), await start()];
  const ourWorker = await MediaWorker.spawn({
    index: 0,
    bin,
    listenIp: '127.0.0.1',
    announcedAddress: undefined,
    port: 0,
    log: silentLog,
  });
  try {
    const mediaCodecs = codecsOf('conference');
    const away = await (await sink.createRouter({ mediaCodecs })).createPlainTransport(loopback);
    const bare = await side(await bareWorker.createRouter({ mediaCodecs }), bareWorker.pid, away);
    const ours = await side(await ourWorker.createRouter(mediaCodecs), ourWorker.pid, away);
    const rates = { bare: [] as number[], ours: [] as number[] };
    for (let round = -1; round < ROUNDS; round += 1) {
      const one = { bare: await bare.round(), ours: await ours.round() };
      if (round < 0) continue;
      rates.bare.push(one.bare);
      rates.ours.push(one.ours);
    }
    const ratio = median(rates.ours) / median(rates.bare);
    const rate = (values: readonly number[]) => `${(median(values) / 1_000).toFixed(0)} k/s`;
    console.log(
      `\nPackets forwarded a second of processor time, ${String(ROUNDS)} rounds taking turns (limit ≥ ${String(1 - LIMIT)}×)\n`,
    );
    console.log(
      table([
        ['what', 'bare', 'Crossfade', 'ratio'],
        ['one sender, forty receivers', rate(rates.bare), rate(rates.ours), `${ratio.toFixed(3)}×`],
      ]),
    );
    return ratio >= 1 - LIMIT;
  } finally {
    await ourWorker.close();
    bareWorker.close();
    sink.close();
  }
}

const loopback = { listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, rtcpMux: true } as const;

async function side(router: types.Router, pid: number, away: types.PlainTransport): Promise<Side> {
  const entrance = await router.createPlainTransport({ ...loopback, comedia: true });
  const { id: producerId } = await entrance.produce({ kind: 'video', rtpParameters: vp8(SSRC) });
  const consumers: types.Consumer[] = [];
  for (let receiver = 0; receiver < RECEIVERS; receiver += 1) {
    const exit = await router.createPlainTransport(loopback);
    await exit.connect({ ip: '127.0.0.1', port: away.tuple.localPort });
    consumers.push(await exit.consume({ producerId, rtpCapabilities: router.rtpCapabilities }));
  }
  const packets = createPackets();
  // One for good: the entrance belongs to whoever sends first.
  const socket = createSocket('udp4');
  socket.unref();
  return {
    round: async () => {
      const before = { forwarded: await forwarded(consumers), cpuS: cpuSeconds(pid) };
      const end = performance.now() + ROUND_MS;
      while (performance.now() < end) {
        for (let n = 0; n < PACKETS_A_BURST; n += 1) {
          socket.send(packets.next(), entrance.tuple.localPort, '127.0.0.1');
        }
        await pause(BURST_EVERY_MS);
      }
      await pause(100);
      const after = { forwarded: await forwarded(consumers), cpuS: cpuSeconds(pid) };
      return (after.forwarded - before.forwarded) / (after.cpuS - before.cpuS);
    },
  };
}

/** VP8 in RTP (RFC 3550, RFC 7741): every packet is a small key frame, so that a receiver can begin anywhere. */
function createPackets(): { next: () => Buffer } {
  let sequence = 0;
  return {
    next: () => {
      const packet = Buffer.alloc(12 + PAYLOAD_BYTES);
      packet[0] = 0x80;
      packet[1] = 0x80 | 96;
      packet.writeUInt16BE(sequence & 0xffff, 2);
      packet.writeUInt32BE((sequence * 3_000) >>> 0, 4);
      packet.writeUInt32BE(SSRC, 8);
      // Start of a partition; then the frame tag of a key frame.
      packet[12] = 0x10;
      packet[13] = 0x00;
      sequence += 1;
      return packet;
    },
  };
}

async function forwarded(consumers: readonly types.Consumer[]): Promise<number> {
  const all = await Promise.all(consumers.map((consumer) => consumer.getStats()));
  return all
    .flat()
    .filter((stat) => stat.type === 'outbound-rtp')
    .reduce((sum, { packetCount }) => sum + packetCount, 0);
}
