/** What the calls need of their store, the same in memory and in a real Redis. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { News } from '../../../gateway/src/calls/events.ts';
import type { CallState } from '../../../gateway/src/calls/state.ts';
import { MemoryCallStore, type CallStore } from '../../../gateway/src/store/calls.ts';
import { RedisCallStore } from '../../../gateway/src/store/redis-calls.ts';
import { RedisConnection } from '../../../gateway/src/store/redis-connection.ts';
import { startOwnTime } from '../own-time.ts';
import { RedisServer, redisProgram } from './redis.ts';

const HERE = 'gateway-1';

function call(callId: string, over: Partial<CallState> = {}): CallState {
  return {
    callId,
    recordId: `record-of-${callId}`,
    startedAt: 1,
    epoch: 0,
    members: [],
    policy: {},
    locked: false,
    removedUsers: [],
    blockedUsers: [],
    floor: null,
    peakParticipants: 0,
    media: { phase: 'p2p' },
    transitions: 0,
    retry: null,
    draining: null,
    withinLimitSince: null,
    latch: null,
    recheckAt: null,
    decisions: [],
    ...over,
  };
}

function memberAt(gatewayId: string): CallState['members'][number] {
  return {
    participantId: `p-${gatewayId}`,
    sessionId: 's',
    userId: 'u',
    displayName: 'Zoë “Z” 🎧',
    grants: { publish: true, subscribe: true, moderate: false },
    media: { audio: true, video: false, screen: false },
    blocked: [],
    joinedAt: 1,
    link: { kind: 'connected', socketId: `socket-${gatewayId}`, gatewayId },
  };
}

let redis: RedisServer | undefined;
const connections: RedisConnection[] = [];

beforeAll(async () => {
  if (redisProgram !== undefined) redis = await RedisServer.start();
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  await redis?.stop();
});

async function redisStore(gatewayId = HERE, prefix = `${randomUUID()}:`, callLifetimeMs?: number) {
  const connection = new RedisConnection(redis?.url ?? '', silentLog);
  connections.push(connection);
  expect(await connection.connected(5_000)).toBe(true);
  const lifetime = callLifetimeMs === undefined ? {} : { callLifetimeMs };
  return new RedisCallStore({ connection, prefix, gatewayId, log: silentLog, ...lifetime });
}

const stores: [string, () => Promise<CallStore>][] = [
  ['in memory', () => Promise.resolve(new MemoryCallStore())],
  ...(redisProgram === undefined ? [] : [['in Redis', redisStore] as [string, () => Promise<CallStore>]]),
];

describe.each(stores)('calls %s', (_name, create) => {
  let store: CallStore;
  beforeEach(async () => {
    store = await create();
  });

  /** Writes, or fails the test. */
  const write = async (callId: string, expected: number | null, state: CallState | null): Promise<number> => {
    const saved = await store.save(callId, expected, state);
    if (saved.kind !== 'saved') throw new Error(saved.kind);
    return saved.version;
  };

  test('a state is read as it was written', async () => {
    expect(await store.load('c')).toEqual({ state: null, version: null, epoch: 0 });
    const state = call('c', { members: [memberAt(HERE)], recheckAt: 5 });
    const version = await write('c', null, state);
    expect(await store.load('c')).toEqual({ state, version });
  });

  test('a write needs the version that is there', async () => {
    const first = await write('c', null, call('c'));
    expect(await store.save('c', null, call('c'))).toEqual({ kind: 'conflict' });
    const second = await write('c', first, call('c', { epoch: 1 }));
    expect(second).toBeGreaterThan(first);
    expect(await store.save('c', first, call('c', { epoch: 2 }))).toEqual({ kind: 'conflict' });
    expect(await store.save('c', first, null)).toEqual({ kind: 'conflict' });
    expect((await store.load('c')).version).toBe(second);
  });

  test('of many writers at once one succeeds', async () => {
    const version = await write('c', null, call('c'));
    const racing = Array.from({ length: 20 }, (_, i) =>
      store.save('c', version, call('c', { startedAt: i })),
    );
    const kinds = (await Promise.all(racing)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'saved')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'conflict')).toHaveLength(19);
  });

  test('an older epoch is refused, also by the next call of the same id', async () => {
    const first = await write('c', null, call('c', { epoch: 3, transitions: 3 }));
    expect(await store.save('c', first, call('c', { epoch: 2 }))).toEqual({ kind: 'fenced' });
    const removed = await write('c', first, null);
    const next = await store.load('c');
    // A room for epoch 4 may have been asked for.
    expect(next).toEqual({ state: null, version: null, epoch: 4 });
    expect(await store.save('c', null, call('c', { epoch: 2 }))).toEqual({ kind: 'fenced' });
    // Whoever knows the call that ended cannot mistake the new one for it.
    const again = await write('c', null, call('c', { epoch: 4 }));
    expect(again).toBeGreaterThan(removed);
    expect(await store.save('c', first, null)).toEqual({ kind: 'conflict' });
  });

  test('overdue calls are told, the longest overdue first', async () => {
    await write('later', null, call('later', { recheckAt: 300 }));
    await write('never', null, call('never'));
    const early = await write('early', null, call('early', { recheckAt: 100 }));
    await write('soon', null, call('soon', { recheckAt: 200 }));
    expect(await store.due(250, 10)).toEqual(['early', 'soon']);
    expect(await store.due(250, 1)).toEqual(['early']);
    await write('early', early, call('early'));
    expect(await store.due(250, 10)).toEqual(['soon']);
  });

  test('calls are listed page by page', async () => {
    for (const id of ['d', 'b', 'a', 'c', 'e']) await write(id, null, call(id));
    const { version } = await store.load('d');
    await write('d', version, null);
    expect(await store.list(undefined, 2)).toEqual(['a', 'b']);
    expect(await store.list('b', 2)).toEqual(['c', 'e']);
    expect(await store.list('e', 2)).toEqual([]);
  });

  test('it is known which gateway has people in which call', async () => {
    const one = await write('one', null, call('one', { members: [memberAt(HERE), memberAt('gateway-2')] }));
    await write('two', null, call('two', { members: [memberAt(HERE)] }));
    expect((await store.at(HERE)).sort()).toEqual(['one', 'two']);
    expect(await store.at('gateway-2')).toEqual(['one']);
    const left = await write('one', one, call('one', { members: [memberAt('gateway-2')] }));
    expect(await store.at(HERE)).toEqual(['two']);
    await write('one', left, null);
    expect(await store.at('gateway-2')).toEqual([]);
  });
});

(redisProgram === undefined ? describe.skip : describe)('calls in Redis, besides', () => {
  test('a gateway is told of what others write to its calls, not of its own', async () => {
    const prefix = `${randomUUID()}:`;
    const mine = await redisStore(HERE, prefix);
    const other = await redisStore('gateway-2', prefix);
    const told: string[] = [];
    const arrived = Promise.withResolvers<undefined>();
    const stop = mine.watch((callId) => {
      told.push(callId);
      if (callId === 'last') arrived.resolve(undefined);
    });
    // The subscription is on a connection of its own.
    while (((await redis?.command('PUBSUB', 'NUMSUB', `${prefix}changed:${HERE}`)) as unknown[])[1] === 0);
    await mine.save('own', null, call('own', { members: [memberAt(HERE)] }));
    await other.save('elsewhere', null, call('elsewhere', { members: [memberAt('gateway-2')] }));
    await other.save('last', null, call('last', { members: [memberAt(HERE)] }));
    await arrived.promise;
    stop();
    expect(told).toEqual(['last']);
  });

  test('what no gateway keeps alive expires, and nothing is left over', async () => {
    const prefix = `${randomUUID()}:`;
    const store = await redisStore(HERE, prefix, 600);
    await store.save('kept', null, call('kept', { recheckAt: 1, members: [memberAt(HERE)] }));
    await store.save('left', null, call('left', { recheckAt: 1, members: [memberAt('gateway-2')] }));
    for (let i = 0; i < 5; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 180));
      await store.keep(['kept']);
    }
    expect((await store.load('kept')).state).not.toBeNull();
    expect((await store.load('left')).state).toBeNull();
    expect(await store.due(10, 10)).toEqual(['kept']);
    expect(await store.list(undefined, 10)).toEqual(['kept']);
    const keys = (await redis?.command('KEYS', `${prefix}*`)) as string[];
    for (const key of keys) expect([key, await redis?.command('PTTL', key)]).not.toEqual([key, -1]);
  });

  test('versions and epochs do not go down when Redis has lost its last writes', async () => {
    const server = await RedisServer.start();
    try {
      const connection = new RedisConnection(server.url, silentLog);
      connections.push(connection);
      await connection.connected(5_000);
      const store = new RedisCallStore({ connection, prefix: 'p:', gatewayId: HERE, log: silentLog });
      const first = await store.save('c', null, call('c', { epoch: 1 }));
      const known = call('c', { epoch: 2, members: [memberAt(HERE)] });
      const last = await store.save('c', (first as { version: number }).version, known);
      const { version } = last as { version: number };
      // As if the last write had never been made.
      await server.command('FLUSHALL');
      const lost = await store.save('c', null, call('c', { epoch: 1 }));
      expect(lost).toMatchObject({ kind: 'saved' });
      expect((lost as { version: number }).version).toBeGreaterThan(version);
      // Who acts on the state before cannot write, nor give back what is older than what is there.
      expect(await store.save('c', version, call('c', { epoch: 3 }))).toEqual({ kind: 'conflict' });
      expect(await store.restore('c', known, version)).toBe(false);

      await server.command('FLUSHALL');
      expect(await store.restore('c', known, version)).toBe(true);
      expect(await store.restore('c', known, version)).toBe(false);
      expect(await store.load('c')).toEqual({ state: known, version });
      expect(await store.save('c', version, call('c', { epoch: 1 }))).toEqual({ kind: 'fenced' });
      expect(await store.at(HERE)).toEqual(['c']);
    } finally {
      await server.stop();
    }
  });

  test('what clients are to hear is read in the order of the writes; what is not there any more is told to be lost', async () => {
    const store = await redisStore();
    const told = (n: number): News => ({
      type: 'broadcast',
      except: null,
      message: { name: 'session:replaced', payload: { callId: String(n) } },
    });
    let version: number | null = null;
    for (let n = 1; n <= 3; n += 1) {
      const saved = await store.save(
        'c',
        version,
        call('c', { startedAt: n }),
        n === 2 ? [] : [told(n), told(-n)],
      );
      if (saved.kind !== 'saved') throw new Error(saved.kind);
      ({ version } = saved);
      expect(saved.told).toBe(n === 1 ? 1 : n - 1);
    }
    const all = [told(1), told(-1), told(3), told(-3)];
    expect(await store.since('c', 0)).toMatchObject({ told: 2, news: all, stored: { version } });
    expect(await store.since('c', 1)).toMatchObject({ told: 2, news: all.slice(2) });
    expect(await store.since('c', 2)).toMatchObject({ told: 2, news: [] });
    expect(await store.since('c', null)).toMatchObject({ told: 2, news: [] });
    // Redis has forgotten what it was told, and its number.
    expect((await store.since('c', 3)).news).toBe('lost');
    expect(await store.since('other', null)).toEqual({
      stored: { state: null, version: null, epoch: 0 },
      told: 0,
      news: [],
    });
    for (let n = 0; n < 70; n += 1) {
      const saved = await store.save('c', version, call('c', { startedAt: 10 + n }), [told(n)]);
      if (saved.kind === 'saved') ({ version } = saved);
    }
    expect((await store.since('c', 2)).news).toBe('lost');
    expect((await store.since('c', 70)).news).toEqual([told(68), told(69)]);
    // The last words of a call outlive it.
    await store.save('c', version, null, [told(99)]);
    expect(await store.since('c', 72)).toMatchObject({ told: 73, news: [told(99)], stored: { state: null } });
  });

  test('a restored call has its number of news, but not the news', async () => {
    const store = await redisStore();
    await store.restore('c', call('c'), 5, 12);
    expect(await store.since('c', 12)).toMatchObject({ told: 12, news: [] });
    expect(await store.since('c', 10)).toMatchObject({ told: 12, news: 'lost' });
  });

  test.each(['killed', 'silent'])(
    'a Redis that is %s is told at once, and used again when it is back',
    async (how) => {
      const server = await RedisServer.start();
      const connection = new RedisConnection(server.url, silentLog);
      try {
        await connection.connected(5_000);
        const store = new RedisCallStore({ connection, prefix: 'p:', gatewayId: HERE, log: silentLog });
        await store.save('c', null, call('c'));
        if (how === 'killed') await server.kill();
        else server.signal('SIGSTOP');
        const took = startOwnTime();
        await expect(store.load('c')).rejects.toMatchObject({ code: 'call-store-unavailable' });
        expect(took()).toBeLessThan(300);
        const back = how === 'killed' ? connection.connected(3_000) : Promise.resolve(true);
        if (how === 'killed') await server.again('kept');
        else server.signal('SIGCONT');
        expect(await back).toBe(true);
        expect((await store.load('c')).state).not.toBeNull();
      } finally {
        connection.close();
        await server.stop();
      }
    },
  );
});
