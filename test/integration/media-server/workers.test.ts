/** Workers that die or hang: replaced in place, their rooms told to be gone, all other rooms unharmed. */
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
  it('takes its rooms with it, and is replaced while the other works on', async () => {
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
    const event = await reader.event('room-closed');
    expect(event).toMatchObject({ roomId: 'doomed', reason: 'worker-died', seq: 3 });
    expect(reader.events).toMatchObject([
      { type: 'producer-closed', producerId, reason: 'room-closed' },
      { type: 'room-closed' },
    ]);
    expectProblem(await harness.get('/rooms/doomed'), 'room-not-found');
    expect((await request(harness.url).get('/ready')).status).toBe(200);

    const up = await untilReplaced(doomed);
    expect(up.map(({ pid }) => pid)).toContain(spared);
    expect(await restarts()).toBe(1);
    const connected = await harness.post(`/rooms/spared/transports/${sparedTransport.id}/connect`, {
      dtlsParameters: dtlsParameters(),
    });
    expect(connected.status).toBe(200);

    // The place of the dead one takes rooms again, under the same name too.
    const replacement = up.find(({ pid }) => pid !== spared)?.pid;
    expect(await createRoomOnWorker('doomed')).toBe(replacement);
    await harness.createTransport('doomed', 'ann', 'send');
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
    await reader.event('room-closed');
    expect(performance.now() - before).toBeLessThan(8_000);
    await untilReplaced(pid);
  });
});
