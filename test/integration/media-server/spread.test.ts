/** A room larger than one worker: its people spread over two, what they send brought to where it is received. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CreateRoomAnswer } from '@crossfade/shared/media-api';
import { openEntities } from './entities.ts';
import { startHarness, type Harness } from './harness.ts';
import { vp8Parameters } from './media-parameters.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
beforeAll(async () => {
  // Two people and what they receive from each other fill a worker.
  harness = await startHarness({ MEDIASOUP_WORKERS: '2', WORKER_CONSUMER_CAPACITY: '9' });
});
afterAll(() => harness.close());

const openPipes = async () => (await openEntities(harness))['pipe'];

async function expectNothingLeft() {
  expect(Object.values(await openEntities(harness)).filter((count) => count > 0)).toEqual([]);
}

/** Which workers have a part of the room: there is only one room. */
const workersInUse = async () => (await harness.workers()).filter(({ rooms }) => rooms > 0).length;

interface Person {
  send: string;
  recv: string;
  producerId: string;
}

async function join(roomId: string, name: string): Promise<Person> {
  const send = await harness.createTransport(roomId, name, 'send');
  const recv = await harness.createTransport(roomId, name, 'recv');
  const producerId = await harness.produce(roomId, send.id);
  return { send: send.id, recv: recv.id, producerId };
}

/** Ann and Ben are on one worker, which is full then; Cem is on the other. */
async function roomOfThree(roomId: string) {
  const { rtpCapabilities }: CreateRoomAnswer = await harness.createRoom(roomId);
  const consume = async (transportId: string, producerId: string) => {
    const answer = await harness.post(`/rooms/${roomId}/consume`, {
      transportId,
      producerId,
      rtpCapabilities,
    });
    expect(answer.status).toBe(201);
    return answer.body as { id: string; producerId: string; producerPaused: boolean };
  };
  const ann = await join(roomId, 'ann');
  const ben = await join(roomId, 'ben');
  await consume(ben.recv, ann.producerId);
  expect([await workersInUse(), await openPipes()]).toEqual([1, 0]);
  const cem = await join(roomId, 'cem');
  expect(await workersInUse()).toBe(2);
  return { ann, ben, cem, consume, rtpCapabilities };
}

describe('a room larger than one worker', () => {
  it('counts each of its consumers once, where it is', async () => {
    const { ann, cem, consume } = await roomOfThree('counted');
    await consume(cem.recv, ann.producerId);
    expect((await harness.workers()).map(({ consumers }) => consumers)).toEqual([1, 1]);
    await harness.delete('/rooms/counted');
    expect((await harness.workers()).map(({ rooms, consumers }) => [rooms, consumers])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('is one room to those who look: pipes come with the first consumer and go with the last', async () => {
    const { ann, ben, cem, consume } = await roomOfThree('large');
    expect(await openPipes()).toBe(0);
    const far = await consume(cem.recv, ann.producerId);
    expect(far.producerId).toBe(ann.producerId);
    // Both at once: they share one pipe each.
    await join('large', 'dan').then(({ recv }) =>
      Promise.all([
        consume(recv, ann.producerId),
        consume(recv, ben.producerId),
        consume(recv, cem.producerId),
      ]),
    );
    await consume(ann.recv, cem.producerId);
    expect(await openPipes()).toBe(3);
    const { participants } = await harness.snapshot('large');
    expect(participants.map(({ participantId }) => participantId)).toEqual(['ann', 'ben', 'cem', 'dan']);
    expect(
      participants.flatMap(({ consumers }) => consumers.map(({ producerId }) => producerId)).sort(),
    ).toEqual([ann, ann, ann, ben, cem, cem].map(({ producerId }) => producerId).sort());

    await harness.delete(`/rooms/large/consumers/${far.id}`);
    expect(await openPipes()).toBe(3);
    await harness.post('/rooms/large/participants/dan/leave');
    expect(await openPipes()).toBe(1);
    await harness.post('/rooms/large/participants/cem/leave');
    expect([await openPipes(), await workersInUse()]).toEqual([0, 1]);
    await harness.delete('/rooms/large');
    await expectNothingLeft();
  });

  it('takes the first consumers of a producer all at once', async () => {
    const { ann, cem, consume } = await roomOfThree('rush');
    const answers = await Promise.all(Array.from({ length: 10 }, () => consume(cem.recv, ann.producerId)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(10);
    expect(await openPipes()).toBe(1);
    await Promise.all(answers.map(({ id }) => harness.delete(`/rooms/rush/consumers/${id}`)));
    expect(await openPipes()).toBe(0);
    await harness.delete('/rooms/rush');
    await expectNothingLeft();
  });

  it('closes the consumers in both workers with their producer', async () => {
    const { ann, cem, consume, rtpCapabilities } = await roomOfThree('closing');
    const video = await harness.produce('closing', ann.send, {
      kind: 'video',
      source: 'camera',
      rtpParameters: vp8Parameters(),
    });
    const reader = await harness.feed();
    await reader.join({ roomId: 'closing' });
    const consumer = await consume(cem.recv, video);
    expect((await harness.post(`/rooms/closing/consumers/${consumer.id}/resume`)).status).toBe(200);
    expect((await harness.post(`/rooms/closing/consumers/${consumer.id}/request-key-frame`)).status).toBe(
      200,
    );
    await harness.delete(`/rooms/closing/producers/${video}`);
    expect(await reader.event('consumer-closed')).toMatchObject({
      consumerId: consumer.id,
      producerId: video,
      participantId: 'cem',
      reason: 'producer-closed',
    });
    expect(await openPipes()).toBe(0);
    const again = { transportId: cem.recv, producerId: video, rtpCapabilities };
    expectProblem(await harness.post('/rooms/closing/consume', again), 'producer-not-found');
    await harness.delete('/rooms/closing');
    await expectNothingLeft();
  });

  it('brings a producer that was paused before as paused', async () => {
    const { ann, cem, consume } = await roomOfThree('paused');
    await harness.post(`/rooms/paused/producers/${ann.producerId}/pause`);
    expect(await consume(cem.recv, ann.producerId)).toMatchObject({ producerPaused: true });
    await harness.delete('/rooms/paused');
    await expectNothingLeft();
  });

  it('is moved as a whole when one of its workers dies', async () => {
    const { ann, cem, consume } = await roomOfThree('split');
    await consume(cem.recv, ann.producerId);
    await consume(ann.recv, cem.producerId);
    const reader = await harness.feed();
    await reader.join({ roomId: 'split' });
    const [worker] = await harness.workers();
    if (!worker) throw new Error('no worker');
    process.kill(worker.pid, 'SIGKILL');
    expect(await reader.event('room-moved')).toMatchObject({ epoch: 1, fromEpoch: 0 });
    expect(reader.events.map(({ type }) => type)).toEqual([
      'producer-closed',
      'producer-closed',
      'producer-closed',
      'room-moved',
    ]);
    expect([await openPipes(), await workersInUse()]).toEqual([0, 1]);
    await join('split', 'ann');
    await harness.delete('/rooms/split');
    await expectNothingLeft();
  });
});
