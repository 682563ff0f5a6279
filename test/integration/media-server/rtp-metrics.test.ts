/** What Prometheus is told of the media: held against RTP that was sent, lost and received, packet by packet. */
import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, test } from '@jest/globals';
import { createRegistry } from '@crossfade/service/metrics';
import { silentLog } from '@crossfade/service/log';
import { Consumer } from '../../../media-server/src/consumers/consumer.ts';
import { observeRtp } from '../../../media-server/src/metrics/rtp-metrics.ts';
import { Producer } from '../../../media-server/src/producers/producer.ts';
import { codecsOf } from '../../../media-server/src/rooms/codecs.ts';
import { WorkerPool } from '../../../media-server/src/workers/pool.ts';

const SSRC = 4_711;
const PAYLOAD_TYPE = 96;
/** Of them every twentieth is lost on the way to the server. */
const PACKETS = 600;
const LOST = PACKETS / 20;
const BYTES = 12 + 188;
/** Milliseconds the receiver is away. */
const AWAY_MS = 60;
const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;

const registry = createRegistry('media-server');
const receiver: Socket = createSocket('udp4');
const sender: Socket = createSocket('udp4');
/** Aborted when all is done: a report on its way then is not sent any more. */
const over = new AbortController();
let pool: WorkerPool;
let stop: () => void;
let received = 0;
let port: number;

beforeAll(async () => {
  pool = await WorkerPool.start({
    count: 1,
    bin: process.env['MEDIASOUP_WORKER_BIN'],
    listenIp: '127.0.0.1',
    announcedAddress: undefined,
    basePort: 0,
    log: silentLog,
  });
  const [worker] = pool.workers;
  if (!worker) throw new Error('no worker');
  const router = await worker.createRouter(codecsOf('conference'));
  const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
  const into = await router.createPlainTransport({ listenInfo, comedia: true });
  const media = await into.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', payloadType: PAYLOAD_TYPE, clockRate: 90_000 }],
      encodings: [{ ssrc: SSRC }],
    },
  });
  receiver.bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const outOf = await router.createPlainTransport({ listenInfo });
  await outOf.connect({ ip: '127.0.0.1', port: receiver.address().port });
  const { rtpCapabilities } = router;
  const following = await outOf.consume({ producerId: media.id, rtpCapabilities });
  const ssrc = following.rtpParameters.encodings?.[0]?.ssrc;
  port = into.tuple.localPort;
  receiver.on('message', (packet) => {
    // Besides what it follows it gets what the server probes its bandwidth with.
    if (packet.readUInt32BE(8) === ssrc) received += 1;
    else if (packet[1] === SENDER_REPORT) void reportLater(packet, outOf.tuple.localPort);
  });
  const common = {
    participantId: 'ann',
    source: 'camera',
    log: silentLog,
    unwatchedPauseMs: 0,
    unwantedLayersMs: 0,
  } as const;
  const producer = new Producer(media, common);
  const consumer = new Consumer(following, { participantId: 'ben', producer, log: silentLog });
  const rooms = { all: [{ streams: { inbound: [producer], outbound: [consumer] } }] };
  stop = observeRtp(registry, { rooms, intervalMs: 100, log: silentLog });
});
afterAll(async () => {
  stop();
  over.abort();
  sender.close();
  receiver.close();
  await pool.close();
});

/** Answers a sender's report after a while, as if the way were that long (RFC 3550, 6.4.2). */
async function reportLater(senderReport: Buffer, to: number): Promise<void> {
  await setTimeout(AWAY_MS);
  if (over.signal.aborted) return;
  const report = Buffer.alloc(32);
  report.set([0x81, RECEIVER_REPORT, 0, 7]);
  report.writeUInt32BE(1, 4);
  report.writeUInt32BE(senderReport.readUInt32BE(4), 8);
  // The middle of the time it was sent at, and how long it was held back here: hardly.
  report.writeUInt32BE(senderReport.readUInt32BE(10), 24);
  report.writeUInt32BE(1, 28);
  receiver.send(report, to, '127.0.0.1');
}

function send(sequence: number): void {
  const packet = Buffer.alloc(BYTES);
  packet.set([0x80, PAYLOAD_TYPE]);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 3_000, 4);
  packet.writeUInt32BE(SSRC, 8);
  // The beginning of a key frame in VP8 (RFC 7741).
  packet[12] = 0x10;
  sender.send(packet, port, '127.0.0.1');
}

async function value(name: string, direction: 'in' | 'out'): Promise<number> {
  const line = new RegExp(`^crossfade_media_rtp_${name}{.*direction="${direction}".*} (\\S+)$`, 'm');
  return Number(line.exec(await registry.metrics())?.[1] ?? 0);
}

async function until(name: string, direction: 'in' | 'out', holds: (value: number) => boolean) {
  const end = performance.now() + 15_000;
  while (!holds(await value(name, direction))) {
    if (performance.now() > end)
      throw new Error(`${name} ${direction}: ${String(await value(name, direction))}`);
    await setTimeout(50);
  }
}

it('what is counted is what was sent, what was lost and what came out', async () => {
  for (let sequence = 1; sequence <= PACKETS; sequence += 1) {
    if (sequence % 20 !== 10) send(sequence);
    if (sequence % 3 === 0) await setTimeout(10);
  }
  await until('packets_total', 'in', (count) => count >= PACKETS - LOST);
  await until('packets_total', 'out', (count) => count >= received);
  expect(received).toBe(PACKETS - LOST);
  for (const direction of ['in', 'out'] as const) {
    expect(await value('packets_total', direction)).toBe(PACKETS - LOST);
  }
  expect(await value('bytes_total', 'in')).toBe((PACKETS - LOST) * BYTES);
  expect(await value('bytes_total', 'out')).toBeGreaterThan((PACKETS - LOST) * 188);
  // How many are missing is looked at with each report, once a second or so.
  for (let sequence = PACKETS + 1; (await value('packets_lost_total', 'in')) < LOST; sequence += 1) {
    expect(sequence).toBeLessThan(2 * PACKETS);
    send(sequence);
    await setTimeout(20);
  }
  expect(await value('packets_lost_total', 'in')).toBe(LOST);
  expect(await value('packets_lost_total', 'out')).toBe(0);
});

it('round trips are as long as they were', async () => {
  await until('rtt_seconds_count', 'out', (count) => count > 0);
  const mean = (await value('rtt_seconds_sum', 'out')) / (await value('rtt_seconds_count', 'out'));
  expect(mean).toBeGreaterThan((AWAY_MS - 5) / 1_000);
  expect(mean).toBeLessThan(0.5);
});

it('shares of loss and scores are told for either direction', async () => {
  expect(await value('loss_ratio_sum', 'in')).toBeGreaterThan(0);
  expect(await value('loss_ratio_sum', 'out')).toBe(0);
  for (const direction of ['in', 'out'] as const) {
    const looks = await value('score_count', direction);
    expect(looks).toBeGreaterThan(1);
    expect((await value('score_sum', direction)) / looks).toBeLessThanOrEqual(10);
    expect((await value('score_sum', direction)) / looks).toBeGreaterThan(5);
  }
});

const promtool = spawnSync('promtool', ['--version']).status === 0 ? test : test.skip;

promtool('promtool has nothing to say about them (sudo apt-get install prometheus)', async () => {
  const text = await registry.metrics();
  expect(text).toMatch(/^crossfade_media_rtp_rtt_seconds_bucket{.*direction="out".*} [1-9]/m);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});
