/** Pipes with real workers and real packets: what goes in at one router comes out at the other. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { Consumer, DirectTransport, Producer, Router } from 'mediasoup/types';
import { codecsOf } from '../../../media-server/src/rooms/codecs.ts';
import { Pipes } from '../../../media-server/src/rooms/pipes.ts';
import { WorkerPool } from '../../../media-server/src/workers/pool.ts';
import { opusParameters } from './media-parameters.ts';

const PAYLOAD_TYPE = 111;

let pool: WorkerPool;
let routers: [Router, Router];
let transports: [DirectTransport, DirectTransport];
const counts = { created: () => undefined, closed: () => undefined };

beforeAll(async () => {
  pool = await WorkerPool.start({
    count: 2,
    bin: process.env['MEDIASOUP_WORKER_BIN'],
    listenIp: '127.0.0.1',
    announcedAddress: undefined,
    basePort: 0,
    log: silentLog,
  });
});
afterAll(() => pool.close());

beforeEach(async () => {
  routers = (await Promise.all(
    pool.workers.map((worker) => worker.createRouter(codecsOf('conference'))),
  )) as typeof routers;
  transports = (await Promise.all(
    routers.map((router) => router.createDirectTransport()),
  )) as typeof transports;
});
afterEach(() => {
  for (const router of routers) router.close();
});

const produce = () => {
  const rtpParameters = { ...opusParameters(), mid: '0' };
  return transports[0].produce({ kind: 'audio', rtpParameters });
};

const consume = (producerId: string) =>
  transports[1].consume({ producerId, rtpCapabilities: routers[1].rtpCapabilities });

/** Packets of an Opus stream, 20 ms apart by their timestamps. */
function packets(producer: Producer) {
  let sequence = 0;
  const ssrc = producer.rtpParameters.encodings?.[0]?.ssrc ?? 0;
  return () => {
    sequence += 1;
    const packet = Buffer.alloc(12 + 20);
    packet[0] = 0x80;
    packet[1] = PAYLOAD_TYPE;
    packet.writeUInt16BE(sequence, 2);
    packet.writeUInt32BE(sequence * 960, 4);
    packet.writeUInt32BE(ssrc, 8);
    packet.fill(sequence, 12);
    return packet;
  };
}

/** Sends until one comes out. */
async function firstReceived(producer: Producer, consumer: Consumer): Promise<Buffer> {
  const next = packets(producer);
  const sending = setInterval(() => producer.send(next()), 20);
  try {
    const [packet] = (await once(consumer, 'rtp', { signal: AbortSignal.timeout(4_000) })) as [Buffer];
    return packet;
  } finally {
    clearInterval(sending);
  }
}

const transportCount = async (router: Router) => (await router.dump()).transportIds.length;

describe('a pipe', () => {
  it('carries packets, and is gone with its ports when nobody holds it', async () => {
    const pipes = new Pipes(counts);
    const producer = await produce();
    const holds = await Promise.all(
      [1, 2, 3].map(() => pipes.bring({ kind: 'media', id: producer.id }, routers[0], routers[1])),
    );
    expect(new Set(holds.map(({ id }) => id)).size).toBe(1);
    expect([pipes.size, await transportCount(routers[0]), await transportCount(routers[1])]).toEqual([
      1, 2, 2,
    ]);

    const consumer = await consume(holds[0]?.id ?? '');
    const packet = await firstReceived(producer, consumer);
    expect(packet.subarray(-20).every((byte) => byte === packet.at(-1))).toBe(true);

    for (const hold of holds.slice(1)) hold.release();
    holds[1]?.release();
    expect([pipes.size, consumer.closed]).toEqual([1, false]);
    const closed = once(consumer, 'producerclose');
    holds[0]?.release();
    await closed;
    expect([pipes.size, await transportCount(routers[0]), await transportCount(routers[1])]).toEqual([
      0, 1, 1,
    ]);
  });

  it('passes on pausing, resuming and closing', async () => {
    const pipes = new Pipes(counts);
    const producer = await produce();
    await producer.pause();
    const hold = await pipes.bring({ kind: 'media', id: producer.id }, routers[0], routers[1]);
    const consumer = await consume(hold.id);
    expect(consumer.producerPaused).toBe(true);
    const resumed = once(consumer, 'producerresume');
    await producer.resume();
    await resumed;
    const paused = once(consumer, 'producerpause');
    await producer.pause();
    await paused;
    const closed = once(consumer, 'producerclose');
    producer.close();
    await closed;
    hold.release();
    expect(pipes.size).toBe(0);
  });

  it('goes both ways over one pair of transports', async () => {
    const pipes = new Pipes(counts);
    const there = await produce();
    const back = await transports[1].produce({ kind: 'audio', rtpParameters: opusParameters() });
    await Promise.all([
      pipes.bring({ kind: 'media', id: there.id }, routers[0], routers[1]),
      pipes.bring({ kind: 'media', id: back.id }, routers[1], routers[0]),
    ]);
    expect([pipes.size, await transportCount(routers[0]), await transportCount(routers[1])]).toEqual([
      2, 2, 2,
    ]);
  });

  it('carries data as well', async () => {
    const pipes = new Pipes(counts);
    const producer = await transports[0].produceData({ label: 'notes' });
    const hold = await pipes.bring({ kind: 'data', id: producer.id }, routers[0], routers[1]);
    const consumer = await transports[1].consumeData({ dataProducerId: hold.id });
    expect(consumer.label).toBe('notes');
    const sending = setInterval(() => producer.send('hello'), 50);
    const [message] = (await once(consumer, 'message', { signal: AbortSignal.timeout(4_000) }).finally(() =>
      clearInterval(sending),
    )) as [Buffer];
    expect(message.toString()).toBe('hello');
    hold.release();
    await once(consumer, 'dataproducerclose');
  });

  it('that could not be made is not remembered', async () => {
    const pipes = new Pipes(counts);
    const producer = await produce();
    const id = producer.id;
    const failing = { id: routers[1].id, createPipeTransport: () => Promise.reject(new Error('no port')) };
    await expect(
      pipes.bring({ kind: 'media', id }, routers[0], failing as unknown as Router),
    ).rejects.toThrow('no port');
    expect([pipes.size, await transportCount(routers[0])]).toEqual([0, 1]);
    await pipes.bring({ kind: 'media', id }, routers[0], routers[1]);
    expect(pipes.size).toBe(1);
  });
});
