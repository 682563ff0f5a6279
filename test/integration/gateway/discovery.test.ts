/** Which media servers there are, as DNS tells it, and rooms that another gateway has opened. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import type { RoomNews } from '../../../gateway/src/media-client/feed.ts';
import type { Resolver } from '../../../gateway/src/nodes/addresses.ts';
import { MediaServers, type MediaServersOptions } from '../../../gateway/src/nodes/media-servers.ts';
import { capturedLog } from '../media-server/captured-log.ts';
import { KEY, startHarness, type Harness } from '../media-server/harness.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(settings?: Record<string, string>): Promise<Harness> {
  const server = await startHarness(settings);
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  stops.push(close);
  return { ...server, close };
}

/** The media servers as one gateway sees them, and what it was told of their rooms. */
function startGateway(addresses: MediaServersOptions['addresses'], region: string | null = null) {
  const news: RoomNews[] = [];
  const lost: { callId: string; serverGone: boolean }[] = [];
  const moving: string[] = [];
  const staying: string[] = [];
  const rules: string[] = [];
  const { log, lines } = capturedLog();
  const mediaServers = new MediaServers({
    addresses,
    region,
    pollEveryMs: 200,
    limits: { deadAfterMs: 500, steadyMs: 100 },
    key: KEY,
    log,
    rooms: {
      news: (_callId, told) => news.push(told),
      lost: (callId, _epoch, _server, serverGone) => lost.push({ callId, serverGone }),
      moving: (callId) => moving.push(callId),
      staying: (callId, epoch, server) => staying.push(`${callId} ${String(epoch)} ${server}`),
      available: () => undefined,
    },
    metrics: {
      placed: (rule) => rules.push(rule),
      watch: () => undefined,
      requests: { ended: () => undefined, retried: () => undefined, circuitOpened: () => undefined },
    },
  });
  stops.push(() => mediaServers.shutDown());
  return { mediaServers, news, lost, moving, staying, rules, lines };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('did not become so');
    await sleep(20);
  }
}

const isCurrent = () => Promise.resolve(true);

test('servers come and go with DNS; one that has left keeps its rooms, and goes with the last', async () => {
  const [first, second] = [await startServer(), await startServer()];
  let targets = [first];
  const resolver: Resolver = {
    lookup: () => Promise.reject(new Error('not asked')),
    resolveSrv: () =>
      Promise.resolve(targets.map(({ url }) => ({ name: '127.0.0.1', port: Number(new URL(url).port) }))),
  };
  const dns = { kind: 'srv', scheme: 'http', name: '_media._tcp.test' } as const;
  const { mediaServers, lost } = startGateway({ dns, everyMs: 20, resolver });
  const seen = () => mediaServers.view.map(({ url, state, leaving }) => ({ url, state, leaving }));

  await until(() => seen().some(({ state }) => state === 'healthy'));
  const room = await mediaServers.open('c', 1, isCurrent);
  expect(room.server).toBe(first.url);

  targets = [second];
  const healthy = { state: 'healthy' } as const;
  const both = [
    { url: first.url, leaving: true, ...healthy },
    { url: second.url, leaving: false, ...healthy },
  ];
  await until(
    () =>
      JSON.stringify(seen().map(({ state, leaving }) => [state, leaving])) ===
      '[["healthy",true],["healthy",false]]',
  );
  expect(seen()).toEqual(both);
  for (const callId of ['d', 'e', 'f']) {
    expect((await mediaServers.open(callId, 1, isCurrent)).server).toBe(second.url);
  }

  await mediaServers.close('c', room);
  await until(() => seen().length === 1);
  expect(seen()).toEqual([both[1]]);
  expect(lost).toEqual([]);
});

test('a room that another gateway has opened is heard of, kept, and lost with its server', async () => {
  const server = await startServer();
  const opener = startGateway([server.url]);
  const other = startGateway([]);
  const room = await opener.mediaServers.open('c', 1, isCurrent);
  const { id } = await server.createTransport('c', 'a', 'send');
  const producerId = await server.produce('c', id);

  await other.mediaServers.subscribe('c', room);
  expect(other.mediaServers.producers('c', room)).toMatchObject([{ producerId }]);
  // Who has joined meanwhile was not told by the answer to the join.
  expect(other.news).toMatchObject([{ type: 'new-producer', producer: { producerId } }]);

  opener.mediaServers.unsubscribe('c', room);
  await server.delete(`/rooms/c/producers/${producerId}`);
  await until(() => other.news.length === 2);
  expect(opener.news.map(({ type }) => type)).toEqual(['new-producer']);

  await server.close();
  await until(() => other.lost.length > 0);
  expect(other.lost).toEqual([{ callId: 'c', serverGone: true }]);
  expect(opener.lost).toEqual([]);
});

test('a room that was left over is not taken over with those who are still in it', async () => {
  const server = await startServer();
  const { mediaServers, news, lost } = startGateway([server.url]);
  for (const [callId, epoch] of [
    ['older', 1],
    ['newer', 9],
  ] as const) {
    await server.createRoom(callId, { epoch });
    const { id } = await server.createTransport(callId, 'ghost', 'send');
    await server.produce(callId, id);
    const room = await mediaServers.open(callId, 3, isCurrent);
    expect(mediaServers.producers(callId, room)).toEqual([]);
    expect((await server.snapshot(callId)).participants).toEqual([]);
    // Once more, as after an attempt that was given up: it is the same room.
    await server.createTransport(callId, 'a', 'send');
    await mediaServers.open(callId, 3, isCurrent);
    expect((await server.snapshot(callId)).participants).toHaveLength(1);
  }
  expect({ news, lost }).toEqual({ news: [], lost: [] });
});

test('a room goes to the region of the gateway, and elsewhere if none there takes it', async () => {
  const west = await startServer({ REGION: 'west' });
  const east = await startServer({ REGION: 'east' });
  const { mediaServers, rules, moving, lost } = startGateway([east.url, west.url], 'west');
  await until(() => mediaServers.view.every(({ state }) => state === 'healthy'));
  for (const callId of ['a', 'b', 'c']) {
    expect((await mediaServers.open(callId, 1, isCurrent)).server).toBe(west.url);
  }
  await west.post('/node/drain', { deadlineS: 3 });
  await until(() => mediaServers.view.some(({ draining }) => draining));
  expect((await mediaServers.open('d', 1, isCurrent)).server).toBe(east.url);
  expect(rules).toEqual(['region', 'region', 'region', 'elsewhere']);
  // Told before the end, while the media still flow; then it is over.
  await until(() => moving.length === 3);
  expect(lost).toEqual([]);
  await until(() => lost.length === 3);
  expect(lost.every(({ serverGone }) => serverGone)).toBe(true);
});

test('when a drain is called off, the calls that are still there hear that they stay', async () => {
  const server = await startServer();
  const { mediaServers, moving, staying, lost } = startGateway([server.url]);
  await until(() => mediaServers.view.every(({ state }) => state === 'healthy'));
  for (const callId of ['a', 'b']) await mediaServers.open(callId, 2, isCurrent);
  await server.post('/node/drain', { deadlineS: 5 });
  // The server's own notice, 3 s before the deadline: there is nowhere else to go.
  await until(() => moving.length === 2);
  expect(staying).toEqual([]);
  await server.delete('/node/drain');
  await until(() => staying.length === 2);
  expect(staying.sort()).toEqual([`a 2 ${server.url}`, `b 2 ${server.url}`]);
  expect(lost).toEqual([]);
});

test('a server that does not accept our tokens is named once in the log, without the token', async () => {
  const stranger = await startServer({ SERVICE_JWT_SECRET: 'y'.repeat(32) });
  const { mediaServers, lines } = startGateway([stranger.url]);
  await until(() => mediaServers.view[0]?.state === 'dead');
  await expect(mediaServers.open('c', 1, isCurrent)).rejects.toMatchObject({
    code: 'media-server-unavailable',
  });
  const told = lines.filter((line) => line.includes('SERVICE_JWT_SECRET'));
  expect(told.length).toBeGreaterThanOrEqual(1);
  expect(told.length).toBeLessThanOrEqual(2);
  expect(told[0]).toContain(stranger.url);
  expect(lines.join('\n')).not.toMatch(/eyJ/);
});
