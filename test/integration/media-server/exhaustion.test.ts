/** No descriptors left, for the server's own connections or for a worker's ports: refused with a code until there are some. */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FEED_NAMESPACE } from '@crossfade/shared/media-events';
import { io } from 'socket.io-client';
import request from 'supertest';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { SECRET, serviceToken, startHarness, type Harness } from './harness.ts';
import { exhaustOpenFiles, openFiles } from './open-files.ts';
import { expectProblem } from './problems.ts';
import { RawWebSocket } from './raw-web-socket.ts';

async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${String(limitMs)} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a server with 256 descriptors', () => {
  let service: ServiceProcess;
  let agent: Agent;
  let lines = '';
  /** Over the one connection that was there first. */
  const ask = (method: 'get' | 'post', path: string) =>
    request(service.url)
      [method](path)
      .agent(agent)
      .set({ authorization: `Bearer ${serviceToken()}`, connection: 'keep-alive' });
  const stranger = (method: 'get' | 'post', path: string) =>
    request(service.url)[method](path).set('authorization', `Bearer ${serviceToken()}`);
  const workerPid = async () => {
    const { workers } = (await ask('get', '/api/node')).body as { workers: { up: { pid: number }[] } };
    return workers.up[0]?.pid;
  };

  beforeEach(async () => {
    const settings = { PORT: '0', METRICS_PORT: '0', RTC_BASE_PORT: '0', MEDIASOUP_WORKERS: '1' };
    service = await startServiceProcess(
      'media-server/dist/main.js',
      { SERVICE_JWT_SECRET: SECRET, ...settings },
      (text) => (lines += text),
      [],
      256,
    );
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask('post', '/api/rooms/first/create').send({})).status).toBe(201);
  });
  afterEach(async () => {
    agent.destroy();
    await service.stop();
    expect(lines).not.toMatch(/eyJ|uncaught/);
  });

  it('tells those beyond its connections so, keeps the others, and has room again when they go', async () => {
    const reader = io(`${service.url}${FEED_NAMESPACE}`, {
      auth: { token: serviceToken() },
      transports: ['websocket'],
    });
    await once(reader as never, 'connect');
    const { port, hostname } = new URL(service.url);
    const crowd: Socket[] = [];
    const crowdOf = (count: number) => {
      for (let one = 0; one < count; one += 1) {
        crowd.push(connect(Number(port), hostname).on('error', () => undefined));
      }
    };
    crowdOf(172);
    let refused = await stranger('post', '/api/rooms/second/create').send({});
    await until('somebody is refused', async () => {
      refused = await stranger('post', '/api/rooms/second/create').send({});
      return refused.status !== 201 && refused.status !== 200;
    });
    expectProblem(refused, 'no-capacity');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['connection']).toBe('close');
    const upgrade = await RawWebSocket.upgrade(service.url);
    expect(upgrade.head).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: 1/);
    await upgrade.web.gone();
    // Nobody is to think that the server is broken.
    expect((await stranger('get', '/health')).status).toBe(200);

    crowdOf(300);
    await until('the rest is closed', () => crowd.filter(({ destroyed }) => destroyed).length > 280);
    expect(openFiles(service.pid)).toBeLessThan(256);
    expect((await ask('post', '/api/rooms/third/create').send({})).status).toBe(201);
    // There is a descriptor for another worker.
    const before = await workerPid();
    process.kill(before ?? 0, 'SIGKILL');
    await until('the worker is replaced', async () => ![undefined, before].includes(await workerPid()));
    expect(reader.connected).toBe(true);

    for (const socket of crowd) socket.destroy();
    await until('there is room', async () => {
      const answer = await stranger('post', '/api/rooms/second/create').send({});
      return answer.status === 200 || answer.status === 201;
    });
    reader.close();
  });

  it('goes on with what it has when there are none left at all, and mends itself when there are', async () => {
    const before = await workerPid();
    const unlimit = exhaustOpenFiles(service.pid);
    // The system lets nobody in who could be told anything.
    await expect(stranger('get', '/health')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await ask('post', '/api/rooms/second/create').send({})).status).toBe(201);

    process.kill(before ?? 0, 'SIGKILL');
    await until('the worker is gone', async () => (await workerPid()) === undefined);
    const refused = await ask('post', '/api/rooms/third/create').send({});
    expectProblem(refused, 'no-capacity');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask('get', '/ready')).status).toBe(503);
    expect((await ask('get', '/health')).status).toBe(200);

    unlimit();
    await until('the worker is replaced', async () => (await workerPid()) !== undefined);
    expect((await ask('post', '/api/rooms/third/create').send({})).status).toBe(201);
    expect((await stranger('get', '/ready')).status).toBe(200);
  });
});

describe('a worker that can open no port', () => {
  let harness: Harness;
  beforeEach(async () => {
    // One person fills a worker.
    harness = await startHarness({ MEDIASOUP_WORKERS: '2', WORKER_CONSUMER_CAPACITY: '4' });
  });
  afterEach(() => harness.close());

  it('brings nothing from another worker, says so, and does when it can', async () => {
    const { rtpCapabilities } = await harness.createRoom('room');
    const join = async (name: string) => ({
      send: await harness.createTransport('room', name, 'send'),
      recv: await harness.createTransport('room', name, 'recv'),
    });
    const ann = await join('ann');
    const producerId = await harness.produce('room', ann.send.id);
    const people = [await join('ben'), await join('cem'), await join('dan')];
    const pids = (await harness.workers()).map(({ pid }) => pid);
    const unlimits = pids.map(exhaustOpenFiles);
    const consume = () =>
      Promise.all(
        people.map(({ recv }) =>
          harness.post('/rooms/room/consume', { transportId: recv.id, producerId, rtpCapabilities }),
        ),
      );
    const first = await consume();
    const refused = first.filter(({ status }) => status !== 201);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expectProblem(answer, 'no-capacity');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    for (const unlimit of unlimits) unlimit();
    expect((await consume()).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect((await harness.workers()).map(({ pid }) => pid)).toEqual(pids);
    expect((await request(harness.url).get('/ready')).status).toBe(200);
  });
});
