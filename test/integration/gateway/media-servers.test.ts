/** Media servers that come, go, hang and come back, and that the calls go on. Each is a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import type { CallAnswer, MediaServersAnswer } from '@crossfade/shared/gateway-api';
import type { Gateway } from '../../../gateway/src/app.ts';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { startLink } from './faulty-link.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, serviceKey, startScriptedGateway, userKey } from './stack.ts';

type View = MediaServersAnswer['mediaServers'][number];

// Processes are started and ended: on a busy machine that takes its time.
jest.setTimeout(90_000);

const media = { audio: true, video: true, screen: false };
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(settings: Record<string, string> = {}): Promise<ServiceProcess> {
  const server = await startServiceProcess(
    'media-server/dist/main.js',
    {
      ...secrets,
      ...{ PORT: '0', METRICS_PORT: '0', RTC_BASE_PORT: '0', MEDIASOUP_WORKERS: '1' },
      ...settings,
    },
    () => undefined,
  );
  stops.push(() => server.stop());
  return server;
}

async function startGateway(urls: string[], settings: Record<string, string> = {}): Promise<Gateway> {
  const gateway = await startScriptedGateway({
    MEDIA_SERVER_URLS: urls.join(','),
    // Two are enough for a media server.
    P2P_MAX_PARTICIPANTS: '1',
    SWITCH_TIMEOUT_MS: '8000',
    MEDIA_SERVER_POLL_MS: '500',
    // A process that is slow to start is not one that comes and goes.
    MEDIA_SERVER_STEADY_MS: '300',
    ...settings,
  });
  stops.push(() => gateway.close());
  await until(async () => (await views(gateway)).every(({ state }) => state !== 'unknown'));
  return gateway;
}

const token = (name: string) =>
  signUserToken(
    userKey,
    { sub: name, name, grants: { publish: true, subscribe: true, moderate: true } },
    600,
  );

async function views(gateway: Gateway): Promise<View[]> {
  const answer = await fetch(`${gateway.url}/api/media-servers`, {
    headers: { authorization: `Bearer ${token('operator')}` },
  });
  return ((await answer.json()) as MediaServersAnswer).mediaServers;
}

async function viewOf(gateway: Gateway, url: string): Promise<View | undefined> {
  return (await views(gateway)).find((view) => view.url === url);
}

async function until(condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('did not become so');
    await sleep(50);
  }
}

async function join(gateway: Gateway, callId: string, count = 2): Promise<ScriptedClient[]> {
  const people: ScriptedClient[] = [];
  for (let n = 0; n < count; n += 1) {
    const client = await ScriptedClient.connect(gateway.url, token(`${callId}-${String(n)}`));
    stops.push(() => client.close());
    await client.must('call:join', { callId, media });
    people.push(client);
  }
  return people;
}

/** Everyone confirms whatever is prepared, until the call's media are on a media server under a newer epoch. */
async function moveOn(callId: string, people: ScriptedClient[], beyond = 0): Promise<number> {
  const epochs = await Promise.all(
    people.map(async (client) => {
      const done = client.phase('commit', ({ mode, epoch }) => mode === 'sfu' && epoch > beyond);
      let answered = 0;
      const answer = () => {
        const prepared = client.events
          .filter(({ name }) => name === 'call:mode-switch')
          .map(({ payload }) => payload as { phase: string; epoch: number; transitionId: string })
          .filter(({ phase, epoch }) => phase === 'prepare' && epoch > beyond);
        for (const { transitionId } of prepared.slice(answered)) {
          void client.request('call:mode-switched', { callId, transitionId, success: true });
        }
        answered = prepared.length;
      };
      client.socket.onAny(answer);
      answer();
      const { epoch } = await done;
      client.socket.offAny(answer);
      return epoch;
    }),
  );
  return epochs[0] ?? 0;
}

async function roomsOn({ url }: Pick<ServiceProcess, 'url'>): Promise<{ roomId: string; epoch: number }[]> {
  const authorization = `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`;
  const answer = await fetch(`${url}/api/rooms?limit=200`, { headers: { authorization } });
  return ((await answer.json()) as { rooms: { roomId: string; epoch: number }[] }).rooms;
}

/** Which of two has a call's room. */
async function placeOf(callId: string, servers: readonly [ServiceProcess, ServiceProcess]) {
  const [one, other] = servers;
  const has = (await roomsOn(one)).some(({ roomId }) => roomId === callId);
  return has ? { home: one, spare: other } : { home: other, spare: one };
}

describe('a media server that is killed', () => {
  test('its calls move to the spare one; nobody joins again, and the records are whole', async () => {
    const servers = [await startServer(), await startServer()] as const;
    const gateway = await startGateway(servers.map(({ url }) => url));
    const callIds = Array.from({ length: 12 }, (_, n) => `call-${String(n)}`);
    const calls = await Promise.all(
      callIds.map(async (callId) => ({ callId, people: await join(gateway, callId) })),
    );
    await Promise.all(calls.map(({ callId, people }) => moveOn(callId, people)));
    const { home, spare } = await placeOf('call-0', servers);
    const before = await roomsOn(spare);
    const moved = calls.filter(({ callId }) => !before.some(({ roomId }) => roomId === callId));
    expect(moved.length).toBeGreaterThan(0);

    home.signal('SIGKILL');
    await Promise.all(moved.map(({ callId, people }) => moveOn(callId, people, 1)));

    const after = await roomsOn(spare);
    expect(after.map(({ roomId }) => roomId).sort()).toEqual([...callIds].sort());
    // Those that were on it were not touched.
    expect(after).toEqual(expect.arrayContaining(before));
    for (const { people } of moved) {
      for (const client of people) {
        const commits = client.events
          .filter(({ name }) => name === 'call:mode-switch')
          .map(({ payload }) => payload as { phase: string; mode: string })
          .filter(({ phase, mode }) => phase === 'commit' && mode === 'sfu');
        expect(commits).toHaveLength(2);
      }
    }
    const headers = { authorization: `Bearer ${token('operator')}` };
    await until(async () => {
      const answer = await fetch(`${gateway.url}/api/calls/call-0`, { headers });
      const record = (await answer.json()) as CallAnswer;
      return record.endedAt === null && record.participants.filter(({ leftAt }) => !leftAt).length === 2;
    });
    expect(await viewOf(gateway, home.url)).toMatchObject({ state: 'dead', rooms: 0 });
  });

  test('without a spare one its calls go on when it is back', async () => {
    const server = await startServer();
    const gateway = await startGateway([server.url]);
    const people = await join(gateway, 'c', 3);
    await moveOn('c', people);
    server.signal('SIGKILL');
    await server.ended;
    await until(async () => (await viewOf(gateway, server.url))?.state === 'dead');
    const again = await startServer({ PORT: new URL(server.url).port });
    await moveOn('c', people, 1);
    expect(await roomsOn(again)).toMatchObject([{ roomId: 'c' }]);
    expect(await viewOf(gateway, server.url)).toMatchObject({ state: 'healthy', rooms: 1 });
  });
});

describe('a media server that hangs', () => {
  test('is suspect, then dead: its calls move, requests are answered, and it is tidied when it goes on', async () => {
    const servers = [await startServer(), await startServer()] as const;
    const gateway = await startGateway(servers.map(({ url }) => url));
    const people = await join(gateway, 'c');
    const epoch = await moveOn('c', people);
    const { home, spare } = await placeOf('c', servers);
    const seen: string[] = [];

    home.signal('SIGSTOP');
    try {
      const begun = performance.now();
      const create = { callId: 'c', epoch, direction: 'send' } as const;
      const code = await people[0]?.codeOf('media:create-transport', create);
      expect(code).toBe('media-server-unavailable');
      expect(performance.now() - begun).toBeLessThan(5_000);
      await until(async () => {
        const state = (await viewOf(gateway, home.url))?.state ?? 'gone';
        if (seen.at(-1) !== state) seen.push(state);
        return state === 'dead';
      }, 25_000);
      expect(seen.slice(-2)).toEqual(['suspect', 'dead']);
      await moveOn('c', people, epoch);
      expect(await roomsOn(spare)).toMatchObject([{ roomId: 'c' }]);
    } finally {
      home.signal('SIGCONT');
    }
    await until(async () => (await viewOf(gateway, home.url))?.state === 'healthy');
    await until(async () => (await roomsOn(home)).length === 0);
    expect(await roomsOn(spare)).toMatchObject([{ roomId: 'c' }]);
  });
});

describe('a media server that is out of reach now and then', () => {
  test('keeps its calls, and gets new ones when it was well for a while', async () => {
    const servers = [await startServer(), await startServer()] as const;
    const links = await Promise.all(servers.map(({ url }) => startLink(url)));
    for (const link of links) stops.push(() => link.close());
    const gateway = await startGateway(
      links.map(({ url }) => url),
      { MEDIA_SERVER_DEAD_AFTER_MS: '5000', MEDIA_SERVER_STEADY_MS: '1000' },
    );
    const people = await join(gateway, 'c');
    await moveOn('c', people);
    const [homeLink, spareLink] = (await roomsOn(servers[0])).length === 1 ? links : [...links].reverse();
    if (!homeLink || !spareLink) throw new Error('two links were started');
    for (let n = 0; n < 3; n += 1) {
      homeLink.cut();
      await until(async () => (await viewOf(gateway, homeLink.url))?.state === 'suspect');
      homeLink.heal();
      await until(async () => (await viewOf(gateway, homeLink.url))?.evidence === null);
    }
    // Well, but not yet to be relied on.
    expect(await viewOf(gateway, homeLink.url)).toMatchObject({ state: 'suspect', rooms: 1 });
    for (const callId of ['d', 'e', 'f']) await moveOn(callId, await join(gateway, callId));
    expect(await viewOf(gateway, spareLink.url)).toMatchObject({ rooms: 3 });
    await until(async () => (await viewOf(gateway, homeLink.url))?.state === 'healthy');
    const commits = people[0]?.events.filter(
      ({ payload }) => (payload as { phase?: string }).phase === 'commit',
    );
    expect(commits).toHaveLength(1);
  });
});

describe('a media server that knows other secrets', () => {
  test('is not used, and it is said why', async () => {
    const stranger = await startServer({ SERVICE_JWT_SECRET: 'x'.repeat(32) });
    const server = await startServer();
    const gateway = await startGateway([stranger.url, server.url]);
    for (const callId of ['c', 'd', 'e']) await moveOn(callId, await join(gateway, callId));
    await until(async () => (await viewOf(gateway, stranger.url))?.state === 'dead');
    const { evidence, rooms } = (await viewOf(gateway, stranger.url)) ?? {};
    expect(evidence).toContain('unauthenticated');
    expect(rooms).toBe(0);
    expect(await viewOf(gateway, server.url)).toMatchObject({ state: 'healthy', rooms: 3 });
  });
});

test('the list of media servers is for operators', async () => {
  const gateway = await startGateway(['http://127.0.0.1:9']);
  const guest = signUserToken(userKey, { sub: 'guest', name: 'Guest' }, 60);
  const statusFor = async (bearer?: string) => {
    const url = `${gateway.url}/api/media-servers`;
    const answer = await (bearer === undefined
      ? fetch(url)
      : fetch(url, { headers: { authorization: `Bearer ${bearer}` } }));
    return answer.status;
  };
  expect([await statusFor(), await statusFor(guest), await statusFor(token('operator'))]).toEqual([
    401, 403, 200,
  ]);
});
