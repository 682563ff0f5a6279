/** Workers that die or hang: replaced in place, their rooms moved to others, all other rooms unharmed. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startHarness, type Harness, type WorkerInfo } from './harness.ts';
import { dtlsParameters } from './media-parameters.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ MEDIASOUP_WORKERS: '2' });
});
// Three deaths within a minute are too many; what is called off here is only the counting.
afterEach(() => harness.delete('/node/drain'));
afterAll(() => harness.close());

/** The pid of the worker that took the latest room. */
async function createRoomOnWorker(roomId: string): Promise<number> {
  const before = await harness.workers();
  await harness.createRoom(roomId);
  const after = await harness.workers();
  const taker = after.find(
    ({ index, rooms }) => rooms > (before.find((one) => one.index === index)?.rooms ?? 0),
  );
  if (!taker) throw new Error('no worker took the room');
  return taker.pid;
}

async function untilReplaced(pid: number): Promise<WorkerInfo[]> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const up = await harness.workers();
    if (up.length === 2 && up.every((worker) => worker.pid !== pid)) return up;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the worker was not replaced');
}

const restarts = async () =>
  Number(/^crossfade_media_worker_restarts_total (\d+)$/m.exec(await harness.registry.metrics())?.[1]);

describe('rooms', () => {
  afterEach(async () => {
    await harness.delete('/rooms/one');
    await harness.delete('/rooms/two');
  });

  it('are spread over the workers', async () => {
    const pids = [await createRoomOnWorker('one'), await createRoomOnWorker('two')];
    expect(new Set(pids).size).toBe(2);
  });
});

describe('a worker that is killed', () => {
  it('loses its rooms to another one, under the next epoch, while all others notice nothing', async () => {
    const doomed = await createRoomOnWorker('doomed');
    const spared = await createRoomOnWorker('spared');
    expect(doomed).not.toBe(spared);
    const sparedTransport = await harness.createTransport('spared', 'ann', 'send');
    const doomedTransport = await harness.createTransport('doomed', 'ann', 'send');
    const producerId = await harness.produce('doomed', doomedTransport.id);
    const reader = await harness.feed();
    await reader.join({ roomId: 'doomed' });
    await reader.join({ roomId: 'spared' });

    process.kill(doomed, 'SIGKILL');
    const event = await reader.event('room-moved');
    expect(event).toMatchObject({ roomId: 'doomed', fromEpoch: 0, epoch: 1, reason: 'worker-died', seq: 3 });
    expect(reader.events).toMatchObject([
      { type: 'producer-closed', producerId, reason: 'room-closed', epoch: 0 },
      { type: 'room-moved' },
    ]);
    expect((await request(harness.url).get('/ready')).status).toBe(200);
    expect(await harness.snapshot('doomed')).toMatchObject({
      epoch: 1,
      seq: 3,
      participants: [],
      producers: [],
    });
    const transport = { participantId: 'ann', direction: 'send' };
    expectProblem(
      await harness.post('/rooms/doomed/transports', transport, { 'x-room-epoch': '0' }),
      'stale-epoch',
    );
    expectProblem(await harness.post('/rooms/doomed/create', { epoch: 0 }), 'stale-epoch');
    expect((await harness.post('/rooms/doomed/create', { epoch: 1 })).status).toBe(200);
    const again = await harness.createTransport('doomed', 'ann', 'send');
    await harness.produce('doomed', again.id);
    expect(await reader.event('new-producer')).toMatchObject({ roomId: 'doomed', epoch: 1, seq: 4 });

    const up = await untilReplaced(doomed);
    expect(up.map(({ pid }) => pid)).toContain(spared);
    expect(await restarts()).toBe(1);
    const connected = await harness.post(`/rooms/spared/transports/${sparedTransport.id}/connect`, {
      dtlsParameters: dtlsParameters(),
    });
    expect(connected.status).toBe(200);
    expect(reader.events.filter(({ roomId }) => roomId === 'spared')).toEqual([]);
    await harness.delete('/rooms/doomed');
    await harness.delete('/rooms/spared');
  });

  it('fails the requests under way with a code', async () => {
    const pid = await createRoomOnWorker('interrupted');
    const { id } = await harness.createTransport('interrupted', 'ann', 'send');
    process.kill(pid, 'SIGSTOP');
    const pending = Promise.all([
      harness.post(`/rooms/interrupted/transports/${id}/restart-ice`),
      harness.post('/rooms/interrupted/transports', { participantId: 'ben', direction: 'recv' }),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(pid, 'SIGKILL');
    for (const answer of await pending) expect(expectProblem(answer, 'no-capacity').retryable).toBe(true);
    await untilReplaced(pid);
    await harness.delete('/rooms/interrupted');
  });

  it('waits for its replacement where there is no other', async () => {
    const single = await startHarness({ MEDIASOUP_WORKERS: '1' });
    try {
      await single.createRoom('alone', { epoch: 4 });
      await single.produce('alone', (await single.createTransport('alone', 'ann', 'send')).id);
      const reader = await single.feed();
      await reader.join({ roomId: 'alone' });
      const [worker] = await single.workers();
      if (!worker) throw new Error('no worker');
      process.kill(worker.pid, 'SIGKILL');
      await reader.event('producer-closed');
      // Whoever asks for the room now gets it when it stands again.
      const renewed = await single.post('/rooms/alone/create');
      expect([renewed.status, renewed.body]).toMatchObject([200, { epoch: 5 }]);
      expect(await reader.event('room-moved')).toMatchObject({ fromEpoch: 4, epoch: 5, seq: 3 });
      await single.createTransport('alone', 'ann', 'send');
    } finally {
      await single.close();
    }
  });
});

describe('rooms whose worker died', () => {
  it('are kept apart from each other', async () => {
    const first = await createRoomOnWorker('suspect-1');
    await createRoomOnWorker('between');
    expect(await createRoomOnWorker('suspect-2')).toBe(first);
    const reader = await harness.feed();
    await reader.join({ roomId: 'suspect-1' });
    await reader.join({ roomId: 'suspect-2' });
    process.kill(first, 'SIGKILL');
    await reader.event('room-moved', ({ roomId }) => roomId === 'suspect-1');
    await reader.event('room-moved', ({ roomId }) => roomId === 'suspect-2');
    const up = await untilReplaced(first);
    expect(up.map(({ rooms }) => rooms).sort()).toEqual([1, 2]);
    for (const id of ['suspect-1', 'between', 'suspect-2']) await harness.delete(`/rooms/${id}`);
  });
});

describe('a room whose worker died twice', () => {
  it('is quarantined, and the room that was on one of them only is not', async () => {
    const first = await createRoomOnWorker('killer');
    const other = await createRoomOnWorker('bystander');
    const reader = await harness.feed();
    await reader.join({ roomId: 'killer' });
    await reader.join({ roomId: 'bystander' });
    process.kill(first, 'SIGKILL');
    await reader.event('room-moved', ({ roomId }) => roomId === 'killer');
    await untilReplaced(first);

    // The place of the dead one is empty: the suspect came to the other worker only because nothing else was up.
    process.kill(other, 'SIGKILL');
    expect(await reader.event('room-closed')).toMatchObject({ roomId: 'killer', reason: 'quarantined' });
    expect(await reader.event('room-moved', ({ roomId }) => roomId === 'bystander')).toMatchObject({
      epoch: 1,
    });
    await untilReplaced(other);
    const refusal = await harness.post('/rooms/killer/create', { epoch: 9 });
    expectProblem(refusal, 'room-quarantined');
    // Ten minutes, of which the test has used up a few seconds.
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(540);
    expect(Number(refusal.headers['retry-after'])).toBeLessThanOrEqual(600);
    expectProblem(await harness.get('/rooms/killer'), 'room-not-found');
    expect((await harness.post('/rooms/bystander/create')).status).toBe(200);
    await harness.delete('/rooms/bystander');
  });
});

describe('a worker that stands still', () => {
  it('lets no request wait longer than 5 s, and is killed and replaced', async () => {
    const pid = await createRoomOnWorker('frozen');
    const reader = await harness.feed();
    await reader.join({ roomId: 'frozen' });
    const before = performance.now();
    process.kill(pid, 'SIGSTOP');
    const answer = await harness.post('/rooms/frozen/transports', {
      participantId: 'ann',
      direction: 'send',
    });
    expect(performance.now() - before).toBeLessThan(5_000);
    expectProblem(answer, 'timeout');
    expect(await reader.event('room-moved')).toMatchObject({ roomId: 'frozen', epoch: 1 });
    expect(performance.now() - before).toBeLessThan(8_000);
    await harness.createTransport('frozen', 'ann', 'send');
    await untilReplaced(pid);
  });
});
