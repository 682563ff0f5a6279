/** A media server that drains, with twenty calls on it: they leave one after the other, long before its own notice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import type { NodeInfo } from '@crossfade/shared/media-api';
import type { ModeSwitch } from '@crossfade/shared/signalling';
import type { Gateway } from '../../../gateway/src/app.ts';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { secrets, serviceKey, startScriptedGateway, userKey } from './stack.ts';

jest.setTimeout(120_000);

const CALLS = 20;
/** How long a drain by SIGTERM takes at most, seconds, and how long before its end the server tells its rooms itself. */
const DEADLINE_S = 10;
const NOTICE_MS = 3_000;
/** Long enough for whatever should not happen to have happened, milliseconds. */
const QUIET_MS = 1_500;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startServer(): Promise<ServiceProcess> {
  const server = await startServiceProcess(
    'media-server/dist/main.js',
    {
      ...secrets,
      ...{ PORT: '0', METRICS_PORT: '0', RTC_BASE_PORT: '0', MEDIASOUP_WORKERS: '1' },
      DRAIN_DEADLINE_S: String(DEADLINE_S),
    },
    () => undefined,
  );
  stops.push(() => server.stop());
  return server;
}

async function ask(server: ServiceProcess, method: string, path: string, body?: object) {
  const answer = await fetch(`${server.url}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

const nodeOf = async (server: ServiceProcess) => (await ask(server, 'GET', '/node')).body as NodeInfo;

/** Somebody alone in a call that is to be on a media server, who confirms whatever is prepared. */
class Caller {
  readonly client: ScriptedClient;
  /** When each switch was committed. */
  readonly commits: number[] = [];

  constructor(client: ScriptedClient, callId: string) {
    this.client = client;
    client.socket.on('call:mode-switch', ({ phase, transitionId }: ModeSwitch) => {
      if (phase === 'prepare')
        void client.request('call:mode-switched', { callId, transitionId, success: true });
      if (phase === 'commit') this.commits.push(performance.now());
    });
  }
}

describe('a media server that drains', () => {
  let home: ServiceProcess;
  let spare: ServiceProcess;
  let gateway: Gateway;
  let callers: Caller[];

  beforeEach(async () => {
    [home, spare] = await Promise.all([startServer(), startServer()]);
    await ask(spare, 'POST', '/node/drain', {});
    gateway = await startScriptedGateway({
      MEDIA_SERVER_URLS: `${home.url},${spare.url}`,
      SWITCH_TIMEOUT_MS: '8000',
      MEDIA_SERVER_STEADY_MS: '300',
    });
    stops.push(() => gateway.close());
    callers = await Promise.all(
      Array.from({ length: CALLS }, async (_, n) => {
        const callId = `call-${String(n)}`;
        const claims = { sub: callId, name: callId, policy: { mode: 'sfu' } } as const;
        const client = await ScriptedClient.connect(gateway.url, signUserToken(userKey, claims, 600));
        stops.push(() => client.close());
        const caller = new Caller(client, callId);
        const media = { audio: true, video: true, screen: false };
        const { transition } = await client.must('call:join', { callId, media });
        if (transition) {
          const { transitionId } = transition;
          await client.request('call:mode-switched', { callId, transitionId, success: true });
        }
        return caller;
      }),
    );
    await soon(
      () => nodeOf(home),
      ({ rooms }) => rooms === CALLS,
    );
    await soon(
      () => Promise.resolve(callers),
      (all) => all.every(({ commits }) => commits.length === 1),
    );
    expect(await nodeOf(home)).toMatchObject({ rooms: CALLS });
  });

  const moved = () => callers.filter(({ commits }) => commits.length > 1);

  test('by SIGTERM: its calls are elsewhere before its notice, its workers live on till then, and it ends with status 0', async () => {
    expect((await ask(spare, 'DELETE', '/node/drain')).status).toBe(200);
    const pids = (await nodeOf(home)).workers.up.map(({ pid }) => pid);
    const signalled = performance.now();
    home.signal('SIGTERM');
    await soon(
      () => ask(home, 'POST', `/rooms/new-${String(performance.now())}/create`, {}),
      ({ status }) => status === 503,
      1_000,
    );
    const refused = await ask(home, 'POST', '/rooms/new/create', {});
    expect(refused).toMatchObject({ status: 503, body: { code: 'draining' } });
    expect(performance.now() - signalled).toBeLessThan(1_000);
    for (const pid of pids) expect(process.kill(pid, 0)).toBe(true);

    expect(await home.ended).toBe(0);
    expect(performance.now() - signalled).toBeLessThan(DEADLINE_S * 1_000 + 3_000);
    expect(moved()).toHaveLength(CALLS);
    expect(await nodeOf(spare)).toMatchObject({ rooms: CALLS });
    const times = moved()
      .map(({ commits }) => (commits[1] ?? 0) - signalled)
      .sort((a, b) => a - b);
    // Most of them on a machine that is busy, all of them on one that is not.
    expect(times[CALLS / 2]).toBeLessThan(DEADLINE_S * 1_000 - NOTICE_MS);
    // One after the other.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_000);
    for (const { commits } of callers) expect(commits).toHaveLength(2);
  });

  test('without room elsewhere its calls stay; when there is some they leave, until it is called off', async () => {
    const drain = await ask(home, 'POST', '/node/drain', { deadlineS: 25 });
    expect(drain.status).toBe(200);
    await sleep(QUIET_MS);
    expect(moved()).toEqual([]);

    await ask(spare, 'DELETE', '/node/drain');
    await soon(
      () => Promise.resolve(moved()),
      (some) => some.length > 0,
    );
    expect(moved().length).toBeGreaterThan(0);
    expect((await ask(home, 'DELETE', '/node/drain')).status).toBe(200);
    // One may be on its way.
    await sleep(QUIET_MS);
    const before = moved().length;
    await sleep(QUIET_MS);
    expect(moved()).toHaveLength(before);
    expect((await nodeOf(home)).rooms).toBeGreaterThan(CALLS / 2);
    expect(await nodeOf(home)).toMatchObject({ rooms: CALLS - before });
  });
});

test('a call that was told to go, found no room elsewhere, and is then told to stay, stays', async () => {
  const [home, spare] = await Promise.all([startServer(), startServer()]);
  await ask(spare, 'POST', '/node/drain', {});
  const gateway = await startScriptedGateway({
    MEDIA_SERVER_URLS: `${home.url},${spare.url}`,
    SWITCH_TIMEOUT_MS: '8000',
    MESH_MAX_PARTICIPANTS: '2',
    MEDIA_SERVER_STEADY_MS: '300',
  });
  stops.push(() => gateway.close());
  const callers: Caller[] = [];
  for (const name of ['ann', 'ben', 'carl']) {
    const claims = { sub: name, name, policy: { mode: 'sfu' } } as const;
    const client = await ScriptedClient.connect(gateway.url, signUserToken(userKey, claims, 600));
    stops.push(() => client.close());
    callers.push(new Caller(client, 'call'));
    const media = { audio: true, video: true, screen: false };
    const { transition } = await client.must('call:join', { callId: 'call', media });
    if (transition) {
      const { transitionId } = transition;
      await client.request('call:mode-switched', { callId: 'call', transitionId, success: true });
    }
  }
  const [ann] = callers as [Caller];
  await ann.client.phase('commit', ({ mode }) => mode === 'sfu');
  // The server's own notice comes 3 s before its deadline.
  await ask(home, 'POST', '/node/drain', { deadlineS: 5 });
  await ann.client.phase('abort');
  expect((await ask(home, 'DELETE', '/node/drain')).status).toBe(200);
  await sleep(QUIET_MS);
  await ask(spare, 'DELETE', '/node/drain');
  const begun = () => ann.client.events.filter(({ name }) => name === 'call:mode-switch').length;
  const before = begun();
  // Several times what it would wait before it tries again.
  await sleep(2 * QUIET_MS);
  expect(begun()).toBe(before);
  expect([await nodeOf(home), await nodeOf(spare)]).toMatchObject([{ rooms: 1 }, { rooms: 0 }]);
});
