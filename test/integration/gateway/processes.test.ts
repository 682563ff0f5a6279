/** Services as processes of their own, ended by signals while they have a call: what becomes of the call, and of its room. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { NodeInfo } from '@crossfade/shared/media-api';
import request from 'supertest';
import type { Gateway } from '../../../gateway/src/app.ts';
import { ManualClock } from '../../../media-server/src/manual-clock.ts';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { openEntities } from '../media-server/entities.ts';
import { SECRET, serviceToken, startHarness } from '../media-server/harness.ts';
import { openFiles } from '../media-server/open-files.ts';
import { expectProblem } from '../media-server/problems.ts';
import { dtlsParameters, opus } from './media.ts';
import { ScriptedClient } from './scripted-client.ts';
import { startScriptedGateway, userKey } from './stack.ts';

/** How long a room outlives the last word of its gateway: the lease it takes, and what a media server adds by default. */
const LEASE_MS = 30_000;
const GRACE_MS = 10_000;
const CALL = 'call';
/** Milliseconds for a test: a gateway's database takes a while to start where the machine has much to do. */
const TIME_LIMIT_MS = 90_000;

const started: { stop: () => Promise<void> | void }[] = [];
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function startGatewayProcess(mediaServerUrl: string): Promise<ServiceProcess> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gateway-'));
  const settings = { PORT: '0', METRICS_PORT: '0', WEB_ROOT: 'none', SWITCH_TIMEOUT_MS: '10000' };
  const keys = { SERVICE_JWT_SECRET: SECRET, USER_JWT_SECRET: userKey.secret };
  const gateway = await startServiceProcess(
    'gateway/dist/main.js',
    { ...settings, ...keys, MEDIA_SERVER_URLS: mediaServerUrl, DATA_DIR: folder },
    () => undefined,
  );
  started.push({
    stop: async () => {
      await gateway.stop();
      rmSync(folder, { recursive: true });
    },
  });
  return gateway;
}

async function join(url: string): Promise<ScriptedClient[]> {
  const people: ScriptedClient[] = [];
  for (const name of ['ann', 'ben', 'cem']) {
    const client = await ScriptedClient.connect(url, signUserToken(userKey, { sub: name, name }, 600));
    started.push({
      stop: () => {
        client.close();
      },
    });
    people.push(client);
    await client.must('call:join', { callId: CALL, media: { audio: true, video: false, screen: false } });
  }
  return people;
}

async function confirm(people: readonly ScriptedClient[], epoch: number): Promise<void> {
  for (const client of people) {
    const { transitionId } = await client.phase('prepare', (message) => message.epoch === epoch);
    await client.must('call:mode-switched', { callId: CALL, transitionId, success: true });
  }
  await Promise.all(people.map((client) => client.phase('commit', (message) => message.epoch === epoch)));
}

async function sendAudio(client: ScriptedClient, epoch: number, ssrc: number): Promise<void> {
  const acting = { callId: CALL, epoch };
  const { id } = await client.must('media:create-transport', { ...acting, direction: 'send' });
  await client.must('media:connect-transport', { ...acting, transportId: id, dtlsParameters });
  const rtpParameters = opus(ssrc);
  const track = { kind: 'audio', source: 'microphone', rtpParameters } as const;
  await client.must('media:produce', { ...acting, transportId: id, ...track });
}

test(
  'a gateway that is killed leaves rooms that live on if it comes back and needs them, and end with their lease if not',
  async () => {
    const clock = new ManualClock();
    const harness = await startHarness({}, { clock });
    started.push({ stop: () => harness.close() });
    const [worker] = await harness.workers();
    if (!worker) throw new Error('no worker');
    const baseline = { entities: await openEntities(harness), files: openFiles(worker.pid) };
    const callAndKill = async () => {
      const gateway = await startGatewayProcess(harness.url);
      const people = await join(gateway.url);
      await confirm(people, 1);
      for (const client of people) await sendAudio(client, 1, (ssrcs += 10));
      gateway.signal('SIGKILL');
      expect(await gateway.ended).toBeNull();
      for (const client of people) client.close();
    };
    let ssrcs = 5_000;

    await callAndKill();
    expect((await harness.snapshot(CALL)).producers).toHaveLength(3);
    clock.advance(LEASE_MS);
    await callAndKill();
    const reader = await harness.feed();
    await reader.join({ roomId: CALL });
    // The second gateway took a lease of its own: the first one's would be over.
    clock.advance(LEASE_MS + GRACE_MS - 1_000);
    expect((await harness.snapshot(CALL)).participants.length).toBeGreaterThanOrEqual(3);
    clock.advance(1_000);
    expect(await reader.event('room-closed')).toMatchObject({ roomId: CALL, reason: 'lease-expired' });
    expectProblem(await harness.get(`/rooms/${CALL}`), 'room-not-found');
    expect(await openEntities(harness)).toEqual(baseline.entities);
    expect(openFiles(worker.pid)).toBe(baseline.files);
    expect((await harness.workers())[0]?.pid).toBe(worker.pid);
  },
  TIME_LIMIT_MS,
);

describe('a media server that gets SIGTERM', () => {
  const ask = (service: ServiceProcess, method: 'get' | 'post', where: string) =>
    request(service.url)[method](where).set('authorization', `Bearer ${serviceToken()}`);
  const nodeOf = async (service: ServiceProcess) => (await ask(service, 'get', '/api/node')).body as NodeInfo;
  const start = async () => {
    const settings = { PORT: '0', METRICS_PORT: '0', RTC_BASE_PORT: '0', MEDIASOUP_WORKERS: '1' };
    const service = await startServiceProcess(
      'media-server/dist/main.js',
      { ...settings, SERVICE_JWT_SECRET: SECRET, DRAIN_DEADLINE_S: '5' },
      () => undefined,
    );
    started.push(service);
    return service;
  };
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test(
    'takes no new rooms at once, keeps its workers, has its calls moved, and ends with status 0',
    async () => {
      const servers = [await start(), await start()];
      const gateway: Gateway = await startScriptedGateway({
        SERVICE_JWT_SECRET: SECRET,
        MEDIA_SERVER_URLS: servers.map(({ url }) => url).join(),
        SWITCH_TIMEOUT_MS: '5000',
      });
      started.push({ stop: () => gateway.close() });
      const people = await join(gateway.url);
      await confirm(people, 1);
      const has = await Promise.all(servers.map(async (service) => (await nodeOf(service)).rooms === 1));
      const [from, to] = has[0] ? servers : [...servers].reverse();
      if (!from || !to) throw new Error('no servers');
      const pids = (await nodeOf(from)).workers.up.map(({ pid }) => pid);

      const signalled = performance.now();
      from.signal('SIGTERM');
      let refused;
      do {
        refused = await ask(from, 'post', `/api/rooms/new-${String(performance.now())}/create`).send({});
      } while (refused.status === 201 && performance.now() - signalled < 5_000);
      expect(performance.now() - signalled).toBeLessThan(1_000);
      expectProblem(refused, 'draining');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      // Those who talk on notice nothing, and can still ask for something.
      const transport = { participantId: 'late', direction: 'send' };
      expect((await ask(from, 'post', `/api/rooms/${CALL}/transports`).send(transport)).status).toBe(201);
      expect(pids.map(isAlive)).toEqual([true]);

      await confirm(people, 2);
      expect((await nodeOf(to)).rooms).toBe(1);
      const ended = await Promise.race([from.ended, setTimeout(10_000, 'too late', { ref: false })]);
      expect(ended).toBe(0);
      expect(performance.now() - signalled).toBeLessThan(8_000);
      expect(pids.map(isAlive)).toEqual([false]);
    },
    TIME_LIMIT_MS,
  );
});
