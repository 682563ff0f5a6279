import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  consumeDataAnswerSchema,
  createTransportAnswerSchema,
  type ConsumeDataAnswer,
} from '@crossfade/shared/media-api';
import { startHarness, type FeedReader, type Harness } from './harness.ts';
import { anonymous, expectProblem } from './problems.ts';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let harness: Harness;
let feed: FeedReader;
let annSends: string;
let benReceives: string;

beforeAll(async () => {
  harness = await startHarness();
  await harness.createRoom('room');
  feed = await harness.feed();
  await feed.join({ roomId: 'room' });
  annSends = (await harness.createTransport('room', 'ann', 'send', { sctp: true })).id;
  benReceives = (await harness.createTransport('room', 'ben', 'recv', { sctp: true })).id;
});
afterAll(() => harness.close());

let nextStream = 0;
const body = (change: object = {}) => ({
  sctpStreamParameters: { streamId: (nextStream += 1), ordered: true },
  label: 'chat',
  protocol: 'json',
  ...change,
});
const produce = (transportId = annSends, request: object = body(), headers?: Record<string, string>) =>
  harness.post(`/rooms/room/transports/${transportId}/produce-data`, request, headers);
const produced = async () => {
  const answer = await produce();
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
};
const consume = (dataProducerId: string, transportId = benReceives, headers?: Record<string, string>) =>
  harness.post('/rooms/room/consume-data', { transportId, dataProducerId }, headers);

describe('a transport', () => {
  it('has data channels only if it asked for them', async () => {
    const ask = async (options: object) =>
      createTransportAnswerSchema.parse(
        (
          await harness.post('/rooms/room/transports', {
            participantId: 'cem',
            direction: 'send',
            ...options,
          })
        ).body,
      );
    expect((await ask({})).sctpParameters).toBeUndefined();
    expect((await ask({ sctp: true })).sctpParameters).toMatchObject({ port: 5_000 });
  });
});

describe('a data producer', () => {
  it('is told to the feed, and shown in the snapshot until it is closed', async () => {
    const dataProducerId = await produced();
    const info = { dataProducerId, participantId: 'ann', label: 'chat', protocol: 'json' };
    expect(
      await feed.event('data-producer-opened', (event) => event.dataProducerId === dataProducerId),
    ).toMatchObject(info);
    expect((await harness.snapshot('room')).dataProducers).toContainEqual(info);
    expect((await harness.delete(`/rooms/room/data-producers/${dataProducerId}`)).status).toBe(204);
    const closed = await feed.event(
      'data-producer-closed',
      (event) => event.dataProducerId === dataProducerId,
    );
    expect(closed).toMatchObject({ participantId: 'ann', reason: 'closed' });
    expect((await harness.snapshot('room')).dataProducers).toEqual([]);
    expectProblem(
      await harness.delete(`/rooms/room/data-producers/${dataProducerId}`),
      'data-producer-not-found',
    );
  });

  it('needs a sending transport with data channels of its own participant', async () => {
    expectProblem(await produce(benReceives), 'wrong-transport-direction');
    const { id } = await harness.createTransport('room', 'ann', 'send');
    expectProblem(await produce(id), 'no-sctp');
    expectProblem(await produce(annSends, body(), { 'x-participant-id': 'ben' }), 'transport-not-found');
  });

  it.each([
    ['no stream', { sctpStreamParameters: {} }, 'sctpStreamParameters.streamId'],
    [
      'a stream beyond 65534',
      { sctpStreamParameters: { streamId: 65_535 } },
      'sctpStreamParameters.streamId',
    ],
    [
      'two limits at once',
      { sctpStreamParameters: { streamId: 9, maxRetransmits: 1, maxPacketLifeTime: 1 } },
      'sctpStreamParameters',
    ],
    ['a label of 100 KB', { label: 'x'.repeat(100_000) }, 'label'],
  ])('is refused with %s', async (_what, change, path) => {
    const problem = expectProblem(await produce(annSends, body(change)), 'validation-failed');
    expect(problem.errors?.[0]?.path).toBe(path);
  });

  it('is refused on a stream that is taken', async () => {
    const request = body();
    expect((await produce(annSends, request)).status).toBe(201);
    expectProblem(await produce(annSends, request), 'invalid-media-parameters');
  });
});

describe('a data consumer', () => {
  it('gives what the receiver opens its end with', async () => {
    const dataProducerId = await produced();
    const answer = await consume(dataProducerId);
    expect(answer.status).toBe(201);
    expect(consumeDataAnswerSchema.parse(answer.body)).toMatchObject({
      dataProducerId,
      label: 'chat',
      protocol: 'json',
      sctpStreamParameters: { ordered: true },
    });
    const { id } = answer.body as ConsumeDataAnswer;
    const path = `/rooms/room/data-consumers/${id}`;
    expectProblem(await harness.delete(path, { 'x-participant-id': 'ann' }), 'data-consumer-not-found');
    expect((await harness.delete(path)).status).toBe(204);
    expectProblem(await harness.delete(path), 'data-consumer-not-found');
  });

  it('is not for what one sends oneself, for what is elsewhere, nor for what there is not: all answered the same', async () => {
    await harness.createRoom('elsewhere');
    const foreign = await harness.createTransport('elsewhere', 'dan', 'send', { sctp: true });
    const elsewhere = await harness.post(`/rooms/elsewhere/transports/${foreign.id}/produce-data`, body());
    const annReceives = await harness.createTransport('room', 'ann', 'recv', { sctp: true });
    const missing = await consume(UNKNOWN);
    expectProblem(missing, 'data-producer-not-found');
    expect(anonymous(await consume((elsewhere.body as { id: string }).id))).toEqual(anonymous(missing));
    expect(anonymous(await consume(await produced(), annReceives.id))).toEqual(anonymous(missing));
  });

  it('needs a receiving transport with data channels', async () => {
    const dataProducerId = await produced();
    const benSends = await harness.createTransport('room', 'ben', 'send', { sctp: true });
    expectProblem(await consume(dataProducerId, benSends.id), 'wrong-transport-direction');
    const { id } = await harness.createTransport('room', 'ben', 'recv');
    expectProblem(await consume(dataProducerId, id), 'no-sctp');
    expectProblem(
      await consume(dataProducerId, benReceives, { 'x-participant-id': 'ann' }),
      'transport-not-found',
    );
  });
});

it('closes with those it belongs to, and is counted', async () => {
  const kept = await produced();
  expect((await consume(kept)).status).toBe(201);
  await harness.post('/rooms/room/participants/ann/leave');
  const closed = await feed.event('data-producer-closed', (event) => event.dataProducerId === kept);
  expect(closed.reason).toBe('participant-left');
  expect((await harness.snapshot('room')).dataProducers).toEqual([]);
  await harness.delete('/rooms/elsewhere');
  const text = await harness.registry.metrics();
  const value = (name: string, kind: string) =>
    Number(new RegExp(`^crossfade_media_${name}\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  for (const kind of ['data-producer', 'data-consumer']) {
    expect(value('created_total', kind)).toBeGreaterThan(0);
    expect(value('closed_total', kind)).toBe(value('created_total', kind));
    expect(value('open', kind)).toBe(0);
  }
});
