/** The server as a whole: how full it is, whom it lets in, and how it empties itself. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { nodeSchema, type NodeInfo } from '@crossfade/shared/media-api';
import { nodeLoadSchema } from '@crossfade/shared/media-events';
import request from 'supertest';
import { startOwnTime } from '../own-time.ts';
import { startHarness, type Harness } from './harness.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
afterEach(() => harness.close());

const nodeOf = async (): Promise<NodeInfo> => nodeSchema.parse((await harness.get('/node')).body);
const drain = (body?: object) => harness.post('/node/drain', body);
const ready = async () => (await request(harness.url).get('/ready')).status;

describe('GET /api/node', () => {
  it('tells the load of each worker and of all', async () => {
    harness = await startHarness({ MEDIASOUP_WORKERS: '2', REGION: 'here' });
    await harness.createRoom('one');
    await harness.createTransport('one', 'ann', 'send');
    const node = await nodeOf();
    expect(node).toMatchObject({
      region: 'here',
      accepting: true,
      drain: { state: 'none', reason: null, deadline: null },
      rooms: 1,
      participants: 1,
      workers: { expected: 2 },
    });
    expect(node.score).toBeLessThan(0.8);
    expect(node.workers.up.map(({ rooms }) => rooms).sort()).toEqual([0, 1]);
    for (const { memoryBytes } of node.workers.up) expect(memoryBytes).toBeGreaterThan(1_000_000);
  });

  it('counts consumers, and lets no new room in when they are too many; the others grow on', async () => {
    harness = await startHarness({ WORKER_CONSUMER_CAPACITY: '2' });
    const { rtpCapabilities } = await harness.createRoom('full');
    const send = await harness.createTransport('full', 'ann', 'send');
    const recv = await harness.createTransport('full', 'ben', 'recv');
    const consume = async () =>
      harness.post('/rooms/full/consume', {
        transportId: recv.id,
        producerId: await harness.produce('full', send.id),
        rtpCapabilities,
      });
    expect((await consume()).status).toBe(201);
    expect((await nodeOf()).accepting).toBe(true);
    expect((await consume()).status).toBe(201);

    expect(await nodeOf()).toMatchObject({ score: 1, accepting: false });
    const refused = await harness.post('/rooms/another/create');
    expectProblem(refused, 'no-capacity');
    expect(refused.headers['retry-after']).toBeDefined();
    expect((await harness.post('/rooms/full/create')).status).toBe(200);
    expect((await consume()).status).toBe(201);
    expect(await ready()).toBe(200);
  });
});

describe('node-load', () => {
  it('comes to every reader without being asked for, and at once with a drain', async () => {
    harness = await startHarness();
    await harness.createRoom('one');
    const reader = await harness.feed();
    const load = await reader.load(() => true);
    expect(nodeLoadSchema.parse(load)).toEqual(load);
    expect(load).toMatchObject({ bootId: harness.mediaServer.bootId, draining: false });
    expect(load.workers).toMatchObject([{ rooms: 1, consumers: 0 }]);

    const draining = reader.load((one) => one.draining);
    const took = startOwnTime();
    await drain();
    await draining;
    expect(took()).toBeLessThan(1_500);
    reader.close();
  });
});

describe('a drain', () => {
  it('takes no new rooms while the others go on, and can be cancelled', async () => {
    harness = await startHarness({ DRAIN_DEADLINE_S: '600' });
    await harness.createRoom('old');
    const before = Date.now();
    const started = nodeSchema.parse((await drain()).body);
    expect(started).toMatchObject({ accepting: false, drain: { state: 'draining', reason: 'asked' } });
    expect(Date.parse(started.drain.deadline ?? '') - before).toBeGreaterThan(599_000);
    expect(Date.parse(started.drain.deadline ?? '') - before).toBeLessThan(610_000);

    const refused = await harness.post('/rooms/new/create');
    expectProblem(refused, 'draining');
    const left = Number(refused.headers['retry-after']);
    expect(left).toBeGreaterThan(580);
    expect(left).toBeLessThanOrEqual(600);
    expect(await ready()).toBe(503);
    expect((await request(harness.url).get('/health')).status).toBe(200);
    expect((await harness.post('/rooms/old/create')).status).toBe(200);
    await harness.createTransport('old', 'ann', 'send');

    const cancelled = await harness.delete('/node/drain');
    expect(nodeSchema.parse(cancelled.body).drain.state).toBe('none');
    expect(await ready()).toBe(200);
    await harness.createRoom('new');
    expect((await harness.delete('/node/drain')).status).toBe(200);
  });

  it('is over with the last room, and stays closed to new ones', async () => {
    harness = await startHarness();
    await harness.createRoom('one');
    await harness.createRoom('two');
    await drain();
    await harness.delete('/rooms/one');
    expect((await nodeOf()).drain.state).toBe('draining');
    await harness.delete('/rooms/two');
    expect((await nodeOf()).drain.state).toBe('drained');
    expectProblem(await harness.post('/rooms/one/create'), 'draining');
  });

  it('tells the rooms to move before the deadline, and closes them at it', async () => {
    harness = await startHarness();
    await harness.createRoom('one', { epoch: 4 });
    const reader = await harness.feed();
    await reader.join({ roomId: 'one' });
    await drain({ deadlineS: 1 });
    const moved = await reader.event('room-moved');
    expect(moved).toMatchObject({ fromEpoch: 4, reason: 'draining', epoch: 4 });
    // It still stands: there is time to build the next place.
    await harness.createTransport('one', 'ann', 'send');
    expectProblem(await harness.post('/rooms/one/create', { epoch: 5 }), 'draining');
    const closed = await reader.event('room-closed');
    expect(closed).toMatchObject({ reason: 'drained' });
    expect(Date.parse(closed.at) - Date.parse(moved.at)).toBeGreaterThan(900);
    expect((await nodeOf()).drain.state).toBe('drained');
  });

  it.each([{ deadlineS: -1 }, { deadlineS: 1.5 }, { deadlineS: 'soon' }])('refuses %j', async (body) => {
    harness = await startHarness();
    expectProblem(await drain(body), 'validation-failed');
    expect(await ready()).toBe(200);
  });
});

describe('workers that keep dying', () => {
  it('are not replaced after the third death within a minute: the server drains', async () => {
    harness = await startHarness({ MEDIASOUP_WORKERS: '2', DRAIN_DEADLINE_S: '600' });
    const reader = await harness.feed();
    await harness.createRoom('one');
    await harness.createRoom('two');
    const spared = (await harness.workers()).find(({ index }) => index === 1);
    const victim = async () => {
      for (;;) {
        const found = (await harness.workers()).find(({ index }) => index === 0);
        if (found) return found.pid;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const killed = new Set<number>();
    while (killed.size < 3) {
      const pid = await victim();
      if (killed.has(pid)) continue;
      const gone = reader.load(({ workers }) => workers.every((worker) => worker.pid !== pid));
      process.kill(pid, 'SIGKILL');
      killed.add(pid);
      await gone;
    }
    expect(await nodeOf()).toMatchObject({
      drain: { reason: 'workers-dying' },
      accepting: false,
      workers: { expected: 2, up: [{ index: 1, pid: spared?.pid, rooms: 2 }] },
    });
    // The one that had to has moved, once; there is no other worker left, and nobody was thrown out.
    const rooms = await Promise.all(['one', 'two'].map((id) => harness.snapshot(id)));
    expect(rooms.map(({ epoch }) => epoch).sort()).toEqual([0, 1]);
    expect(await ready()).toBe(503);
    // A worker is up in 40 ms: nobody tries any more.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await harness.workers()).toHaveLength(1);

    // Whoever cancels the drain has mended it, and gets the place filled again.
    const back = reader.load(({ workers }) => workers.length === 2);
    await harness.delete('/node/drain');
    await back;
    expect(await ready()).toBe(200);
  });
});
