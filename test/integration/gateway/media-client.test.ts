/** The gateway's requests to a media server, and its picture of the rooms there, when the network breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { RoomSnapshot } from '@crossfade/shared/media-api';
import { MediaServerFeed } from '../../../gateway/src/media-client/feed.ts';
import { MediaServerClient } from '../../../gateway/src/media-client/http.ts';
import type { RequestOutcome } from '../../../gateway/src/media-client/exchange.ts';
import { ownTokens } from '../../../gateway/src/media-client/own-token.ts';
import { KEY, startHarness, type Harness } from '../media-server/harness.ts';
import { startOwnTime } from '../own-time.ts';
import { startLink, startLosingLink } from './faulty-link.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function started<T extends { close: () => unknown }>(starting: Promise<T>): Promise<T> {
  const thing = await starting;
  stops.push(() => thing.close());
  return thing;
}

function clientOf(url: string) {
  const outcomes: RequestOutcome[] = [];
  const seen = { retries: 0, openings: 0 };
  const client = new MediaServerClient(url, ownTokens(KEY), {
    ended: (outcome) => outcomes.push(outcome),
    retried: () => (seen.retries += 1),
    circuitOpened: () => (seen.openings += 1),
  });
  stops.push(() => client.close());
  return { client, outcomes, seen };
}

/** Until something is so: nothing that is looked at here can be awaited. @returns after how long, ms */
async function until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<number> {
  const begun = performance.now();
  while (!(await condition())) {
    if (performance.now() - begun > limitMs) throw new Error(`not so within ${String(limitMs)} ms`);
    await sleep(10);
  }
  return performance.now() - begun;
}

test('answers that are lost: 500 POSTs made again make nothing twice, and are answered the same', async () => {
  const server = await started(startHarness({ MAX_PARTICIPANTS_PER_ROOM: '1000' }));
  const link = await started(startLosingLink(server.url));
  const { client, outcomes, seen } = clientOf(link.url);
  await server.createRoom('r');
  const ids: string[] = [];
  const names = Array.from({ length: 500 }, (_, n) => `p${String(n)}`);
  // As many at a time as a busy gateway has.
  const some = async () => {
    for (let participantId = names.pop(); participantId !== undefined; participantId = names.pop()) {
      const { id } = await client.createTransport({ roomId: 'r' }, { participantId, direction: 'send' });
      ids.push(id);
    }
  };
  await Promise.all(Array.from({ length: 20 }, some));
  const { participants } = await server.snapshot('r');
  const there = participants.flatMap(({ transports }) => transports.map(({ transportId }) => transportId));
  expect(there.sort()).toEqual([...ids].sort());
  expect(link.repeated).toEqual(link.lost);
  expect(seen.retries).toBeGreaterThanOrEqual(500);
  expect(seen.openings).toBe(0);
  expect(new Set(outcomes)).toEqual(new Set(['ok']));
}, 60_000);

test("the media server's own codes come through, and are not asked for twice", async () => {
  const server = await started(startHarness());
  const { client, seen } = clientOf(server.url);
  await server.createRoom('r');
  const acting = { roomId: 'r', participantId: 'a', grants: { publish: true, subscribe: true } };
  const wish = { participantId: 'a', direction: 'send' } as const;
  const codeOf = async (asked: Promise<unknown>) =>
    asked.then(
      () => 'ok',
      (error: unknown) => (error as { code?: string }).code,
    );
  expect(await codeOf(client.createTransport({ ...acting, roomId: 'other' }, wish))).toBe('room-not-found');
  expect(await codeOf(client.createTransport({ ...acting, epoch: -1 }, wish))).toBe('validation-failed');
  expect(await codeOf(client.pauseProducer(acting, 'none'))).toBe('producer-not-found');
  const { id } = await client.createTransport(acting, wish);
  const mute = { ...acting, grants: { publish: false, subscribe: true } };
  const microphone = { kind: 'audio', source: 'microphone', rtpParameters: {} } as never;
  expect(await codeOf(client.produce(mute, id, microphone))).toBe('forbidden');
  expect(seen.retries).toBe(0);
  // Which token the gateway uses is not for its clients to know.
  const stranger = new MediaServerClient(server.url, () => 'none', {
    ...{ ended: () => undefined, retried: () => undefined, circuitOpened: () => undefined },
  });
  stops.push(() => stranger.close());
  expect(await codeOf(stranger.createTransport(acting, wish))).toBe('media-server-unavailable');
});

test('one that does not answer costs a few requests their time, and no others', async () => {
  const { createServer } = await import('node:net');
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
  stops.push(() => silent.close());
  const { port } = silent.address() as { port: number };
  const { client, outcomes, seen } = clientOf(`http://127.0.0.1:${String(port)}`);
  const leave = async () => {
    const took = startOwnTime();
    await client.leave({ roomId: 'r' }, 'a').catch(() => undefined);
    return took();
  };
  const first = await Promise.all([leave(), leave(), leave(), leave()]);
  expect(Math.max(...first)).toBeLessThan(5_000);
  expect(seen.openings).toBe(1);
  expect(await leave()).toBeLessThan(500);
  expect(outcomes.at(-1)).toBe('cut-off');
});

/** A feed with what it told of one room. */
function feedOf(url: string) {
  const told = { producers: new Set<string>(), lost: [] as number[] };
  const feed = new MediaServerFeed({
    url,
    token: ownTokens(KEY),
    log: silentLog,
    connection: { connected: () => undefined, cut: () => undefined, load: () => undefined },
    rooms: {
      news: (_roomId, news) => {
        if (news.type === 'new-producer') told.producers.add(news.producer.producerId);
        if (news.type === 'producer-closed') told.producers.delete(news.producer.producerId);
      },
      lost: (_roomId, epoch) => told.lost.push(epoch),
      moving: () => undefined,
    },
  });
  stops.push(() => feed.close());
  return { feed, told };
}

/** People come and go, about a hundred events a second, until it is stopped. */
function startChurn(server: Harness, roomId: string, transportId: string) {
  const open: string[] = [];
  let stopped = false;
  let events = 0;
  const run = async () => {
    while (!stopped) {
      if (open.length > 10 || (open.length > 0 && Math.random() < 0.5)) {
        await server.delete(`/rooms/${roomId}/producers/${open.shift() ?? ''}`);
      } else open.push(await server.produce(roomId, transportId));
      events += 1;
      await sleep(5);
    }
  };
  const done = run();
  return async () => {
    stopped = true;
    await done;
    return events;
  };
}

const shown = (producers: Iterable<{ producerId: string; paused: boolean }>) =>
  [...producers].map(({ producerId, paused }) => `${producerId} ${String(paused)}`).sort();

test.each([
  ['so briefly that what was missed is replayed', 0],
  ['so long that all of it is told again', 1_100],
])('a feed that is cut %s: what is known and told equals the room within 2 s', async (_name, more) => {
  const server = await started(startHarness());
  const link = await started(startLink(server.url));
  await server.createRoom('r', { epoch: 1 });
  const { id } = await server.createTransport('r', 'a', 'send');
  const { feed, told } = feedOf(link.url);
  await feed.subscribe('r', 1);
  const stopChurn = startChurn(server, 'r', id);
  await until(() => told.producers.size > 2, 10_000);
  link.cut();
  await sleep(300);
  const noisy = await server.produce('r', id);
  for (let n = 0; n < more; n += 1) {
    await server.post(`/rooms/r/producers/${noisy}/${n % 2 === 0 ? 'pause' : 'resume'}`);
  }
  link.heal();
  await until(() => feed.connected, 2_000);
  const events = await stopChurn();
  const snapshot: RoomSnapshot = await server.snapshot('r');
  const late = await until(() => feed.picture('r')?.seq === snapshot.seq, 2_000);
  expect(late).toBeLessThan(2_000);
  expect(shown(feed.picture('r')?.producers.values() ?? [])).toEqual(shown(snapshot.producers));
  expect([...told.producers].sort()).toEqual(snapshot.producers.map(({ producerId }) => producerId).sort());
  expect(told.lost).toEqual([]);
  expect(events).toBeGreaterThan(10);
});

test('a media server that was started again has none of its rooms, not even one of the same id', async () => {
  const first = await startHarness();
  const { port } = new URL(first.url);
  const link = await started(startLink(first.url));
  await first.createRoom('r', { epoch: 1 });
  await first.createRoom('s', { epoch: 1 });
  const { id } = await first.createTransport('r', 'a', 'send');
  await first.produce('r', id);
  const { feed, told } = feedOf(link.url);
  await Promise.all([feed.subscribe('r', 1), feed.subscribe('s', 1)]);
  expect(feed.picture('r')?.producers.size).toBe(1);
  link.cut();
  await first.close();
  const second = await started(startHarness({ PORT: port }));
  // As a lease that is renewed too late would make it.
  await second.createRoom('r', { epoch: 1 });
  link.heal();
  await until(() => told.lost.length === 2, 2_000);
  expect(feed.picture('r')).toBeUndefined();
});

test('a room that is made again behind our back, or goes on under a newer epoch, is lost', async () => {
  const server = await started(startHarness());
  const link = await started(startLink(server.url));
  for (const roomId of ['again', 'newer']) await server.createRoom(roomId, { epoch: 1 });
  const { feed, told } = feedOf(link.url);
  await Promise.all(['again', 'newer'].map((roomId) => feed.subscribe(roomId, 1)));
  link.cut();
  await server.delete('/rooms/again');
  await server.createRoom('again', { epoch: 1 });
  await server.post('/rooms/newer/create', { epoch: 2 });
  const { id } = await server.createTransport('newer', 'a', 'send');
  await server.produce('newer', id);
  link.heal();
  await until(() => told.lost.length === 2, 2_000);
  expect([feed.picture('again'), feed.picture('newer')]).toEqual([undefined, undefined]);
});
