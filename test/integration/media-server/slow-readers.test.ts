/** A reader of the feed that stops reading: cut off, slows nobody, and is complete again when it comes back. */
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { ServiceTokens } from '@crossfade/service/service-tokens';
import { FEED_NAMESPACE, type NodeLoad } from '@crossfade/shared/media-events';
import { Registry } from 'prom-client';
import { io, type Socket } from 'socket.io-client';
import { Feed } from '../../../media-server/src/feed/feed.ts';
import { createFeedMetrics } from '../../../media-server/src/metrics/feed-metrics.ts';
import { Rooms } from '../../../media-server/src/rooms/rooms.ts';
import { KEY, serviceToken, startHarness, type Harness } from './harness.ts';

/** What a Socket.IO client has at the bottom. */
function tcpSocketOf(socket: Socket): TcpSocket {
  const { transport } = socket.io.engine as unknown as { transport: { ws: { _socket: TcpSocket } } };
  return transport.ws._socket;
}

const evictions = async (registry: Registry, why: string) => {
  const line = new RegExp(`^crossfade_media_feed_evictions_total{reason="${why}"} (\\d+)$`, 'm');
  return Number(line.exec(await registry.metrics())?.[1] ?? 0);
};

async function untilEvicted(registry: Registry, why: string): Promise<number> {
  const before = performance.now();
  while ((await evictions(registry, why)) === 0) {
    if (performance.now() - before > 20_000) throw new Error('nobody was cut off');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return performance.now() - before;
}

describe('a reader that stops reading', () => {
  let harness: Harness;
  afterEach(() => harness.close());

  it('is cut off within 10 s although little happens, slows nobody, and misses nothing after it is back', async () => {
    harness = await startHarness();
    await harness.createRoom('busy');
    const send = await harness.createTransport('busy', 'ann', 'send');
    const slow = await harness.feed();
    const other = await harness.feed();
    const joined = await slow.join({ roomId: 'busy' });
    await other.join({ roomId: 'busy' });
    const delays: number[] = [];
    other.socket.onAny((_type, { at }: { at?: string }) => {
      if (at !== undefined) delays.push(Date.now() - Date.parse(at));
    });
    const disconnected = new Promise((resolve) => slow.socket.once('disconnect', resolve));

    const tcp = tcpSocketOf(slow.socket);
    tcp.pause();
    const over = new AbortController();
    const working = (async () => {
      const producer = `/rooms/busy/producers/${await harness.produce('busy', send.id)}`;
      while (!over.signal.aborted) {
        await harness.post(`${producer}/pause`);
        await harness.post(`${producer}/resume`);
      }
    })();
    expect(await untilEvicted(harness.registry, 'lag')).toBeLessThan(10_000);
    over.abort();
    await working;
    expect(delays.length).toBeGreaterThan(100);
    delays.sort((a, b) => a - b);
    // A machine with nothing else to do needs a few milliseconds.
    expect(delays[Math.floor(delays.length * 0.99)]).toBeLessThan(500);

    // It reads on, finds the end, and comes back by itself.
    tcp.resume();
    expect(await disconnected).toMatch(/^transport (close|error)$/);
    await new Promise<void>((resolve) => {
      if (slow.socket.connected) resolve();
      else slow.socket.once('connect', resolve);
    });
    const seen = slow.events.at(-1)?.seq ?? (joined.ok ? joined.seq : 0);
    const back = await slow.join({ roomId: 'busy', bootId: harness.mediaServer.bootId, afterSeq: seen });
    const { seq, producers } = await harness.snapshot('busy');
    if (!back.ok) throw new Error(back.error.code);
    expect(back.seq).toBe(seq);
    // What it missed, one by one, or all there is if that was more than is kept.
    if (back.missed) {
      const expected = Array.from({ length: seq - seen }, (_, index) => seen + 1 + index);
      expect(back.missed.map((event) => event.seq)).toEqual(expected);
    } else expect(back.snapshot?.producers).toHaveLength(producers.length);
  });
});

describe('a reader for whom too much waits', () => {
  it('is cut off before the time is up, and what waited is let go of', async () => {
    const registry = new Registry();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const log = silentLog;
    const counts = { created: () => undefined, closed: () => undefined };
    const rooms = new Rooms({
      pool: new EventEmitter() as never,
      bootId: 'b',
      counts,
      limits: { leaseGraceMs: 0, emptyMs: 60_000 },
      workerCapacity: 100,
      media: {
        bitrates: { maxIncoming: 0, initialOutgoing: 1_000_000, minOutgoing: 0 },
        unwatchedPauseMs: 0,
        unwantedLayersMs: 0,
      },
      log,
      admit: () => undefined,
    });
    const feed = new Feed(server, {
      rooms,
      bootId: 'b',
      tokens: new ServiceTokens(KEY),
      metrics: createFeedMetrics(registry),
      log,
    });
    const { port } = server.address() as AddressInfo;
    const socket = io(`http://127.0.0.1:${port}${FEED_NAMESPACE}`, {
      auth: { token: serviceToken() },
      transports: ['websocket'],
      reconnection: false,
    });
    await once(socket as never, 'connect');
    const tcp = tcpSocketOf(socket);
    tcp.pause();

    const load = { bootId: 'x'.repeat(100_000), workers: [], score: 0, draining: false } satisfies NodeLoad;
    let most = 0;
    const flood = setInterval(() => {
      feed.tellAll(load);
      most = Math.max(most, feed.backlogBytes);
    }, 5);
    try {
      expect(await untilEvicted(registry, 'bytes')).toBeLessThan(5_000);
    } finally {
      clearInterval(flood);
    }
    expect(most).toBeGreaterThan(1_000_000);
    expect(most).toBeLessThan(20_000_000);
    expect(feed.backlogBytes).toBe(0);
    expect(feed.readerCount).toBe(0);
    tcp.destroy();
    await feed.close();
    server.close();
  });
});
