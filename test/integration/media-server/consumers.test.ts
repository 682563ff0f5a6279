import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  consumeListAnswerSchema,
  consumerSchema,
  type ConsumeListAnswer,
  type ConsumerAnswer,
} from '@crossfade/shared/media-api';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import { startOwnTime } from '../own-time.ts';
import { startHarness, type Harness } from './harness.ts';
import { audioOnly, vp8Parameters } from './media-parameters.ts';
import { anonymous, expectProblem } from './problems.ts';

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

let harness: Harness;
let rtpCapabilities: RtpCapabilities;
/** Ann sends sound and picture, Ben receives. */
let annSends: string;
let benReceives: string;
let sound: string;
let picture: string;

beforeAll(async () => {
  harness = await startHarness();
  ({ rtpCapabilities } = await harness.createRoom('room'));
  annSends = (await harness.createTransport('room', 'ann', 'send')).id;
  benReceives = (await harness.createTransport('room', 'ben', 'recv')).id;
  sound = await harness.produce('room', annSends);
  picture = await producePicture();
});
afterAll(() => harness.close());

const producePicture = () =>
  harness.produce('room', annSends, { kind: 'video', source: 'camera', rtpParameters: vp8Parameters() });
const consume = (body: object, headers?: Record<string, string>) =>
  harness.post('/rooms/room/consume', { transportId: benReceives, rtpCapabilities, ...body }, headers);
const consumed = async (producerId: string) => {
  const answer = await consume({ producerId });
  expect(answer.status).toBe(201);
  return answer.body as ConsumerAnswer;
};
const consumersOf = async (participantId: string) =>
  (await harness.snapshot('room')).participants.find((one) => one.participantId === participantId)
    ?.consumers ?? [];

describe('consuming', () => {
  it('gives the parameters of a paused consumer', async () => {
    const answer = await consumed(sound);
    expect(consumerSchema.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ producerId: sound, kind: 'audio', type: 'simple', producerPaused: false });
    expect(await consumersOf('ben')).toContainEqual({
      consumerId: answer.id,
      producerId: sound,
      kind: 'audio',
      paused: true,
    });
  });

  it('takes a list, and tells which of it cannot be consumed and why', async () => {
    const own = await harness.createTransport('room', 'ben', 'send');
    const benSpeaks = await harness.produce('room', own.id);
    const answer = await consume({
      producerIds: [sound, picture, UNKNOWN, benSpeaks, sound],
      rtpCapabilities: audioOnly(rtpCapabilities),
    });
    expect(answer.status).toBe(201);
    const { consumers, refused }: ConsumeListAnswer = consumeListAnswerSchema.parse(answer.body);
    expect(consumers.map(({ producerId }) => producerId)).toEqual([sound]);
    expect(refused).toEqual([
      { producerId: picture, code: 'incompatible-capabilities' },
      { producerId: UNKNOWN, code: 'producer-not-found' },
      { producerId: benSpeaks, code: 'producer-not-found' },
    ]);
  });

  it('knows whether the producer is paused', async () => {
    const paused = await harness.produce('room', annSends);
    await harness.post(`/rooms/room/producers/${paused}/pause`);
    expect(await consumed(paused)).toMatchObject({ producerPaused: true });
  });

  it('is refused to those who cannot decode it', async () => {
    const before = await consumersOf('ben');
    const answer = await consume({ producerId: picture, rtpCapabilities: audioOnly(rtpCapabilities) });
    expectProblem(answer, 'incompatible-capabilities');
    expectProblem(await consume({ producerId: picture, rtpCapabilities: {} }), 'incompatible-capabilities');
    expect(await consumersOf('ben')).toEqual(before);
  });

  it('is not for what one sends oneself', async () => {
    const annReceives = (await harness.createTransport('room', 'ann', 'recv')).id;
    expectProblem(await consume({ transportId: annReceives, producerId: sound }), 'producer-not-found');
  });

  it('is not for sending transports', async () => {
    const answer = await consume({ transportId: annSends, producerId: sound });
    expectProblem(answer, 'wrong-transport-direction');
    const list = await consume({ transportId: annSends, producerIds: [sound] });
    expectProblem(list, 'wrong-transport-direction');
  });

  it('never crosses rooms', async () => {
    await harness.createRoom('elsewhere');
    const foreign = await harness.createTransport('elsewhere', 'cem', 'send');
    const whisper = await harness.produce('elsewhere', foreign.id);
    const missing = await consume({ producerId: UNKNOWN });
    expectProblem(missing, 'producer-not-found');
    expect(anonymous(await consume({ producerId: whisper }))).toEqual(anonymous(missing));
    const listener = await harness.createTransport('elsewhere', 'ben', 'recv');
    expectProblem(await consume({ transportId: listener.id, producerId: sound }), 'transport-not-found');
  });

  it('is not possible on the transport of somebody else', async () => {
    const answer = await consume({ producerId: sound }, { 'x-participant-id': 'ann' });
    expectProblem(answer, 'transport-not-found');
  });

  it.each([
    [{ producerId: 7 }, 'producerId'],
    [{ producerId: 'x'.repeat(100_000) }, 'producerId'],
    [{ producerIds: [] }, 'producerIds'],
    [{ producerIds: 'all' }, 'producerIds'],
    [{ producerId: 'a', rtpCapabilities: { codecs: 'all' } }, 'rtpCapabilities.codecs'],
    [{ producerId: 'a', rtpCapabilities: undefined }, 'rtpCapabilities'],
    [{}, 'producerId'],
  ])('refuses %.60j', async (body, path) => {
    const problem = expectProblem(await consume(body), 'validation-failed');
    expect(problem.errors?.[0]?.path).toBe(path);
  });

  it('refuses thousands of codecs quickly', async () => {
    const [codec] = rtpCapabilities.codecs ?? [];
    const many = { codecs: Array(1_000).fill(codec) };
    const took = startOwnTime();
    expectProblem(await consume({ producerId: sound, rtpCapabilities: many }), 'payload-too-large');
    expect(took()).toBeLessThan(200);
  });
});

describe('a consumer', () => {
  const path = (id: string, action = '') => `/rooms/room/consumers/${id}${action}`;
  const paused = async (id: string) =>
    (await consumersOf('ben')).find(({ consumerId }) => consumerId === id)?.paused;

  it('is resumed, paused and asked for a key frame', async () => {
    const { id } = await consumed(picture);
    expect(await paused(id)).toBe(true);
    for (const [action, after] of [
      ['/resume', false],
      ['/request-key-frame', false],
      ['/pause', true],
      ['/pause', true],
    ] as const) {
      const answer = await harness.post(path(id, action));
      expect([answer.status, answer.body]).toEqual([200, {}]);
      expect(await paused(id)).toBe(after);
    }
    const heard = await consumed(sound);
    expect((await harness.post(path(heard.id, '/request-key-frame'))).status).toBe(200);
  });

  it('is closed once', async () => {
    const { id } = await consumed(sound);
    expect((await harness.delete(path(id))).status).toBe(204);
    expectProblem(await harness.delete(path(id)), 'consumer-not-found');
    expectProblem(await harness.post(path(id, '/resume')), 'consumer-not-found');
  });

  it('of somebody else is answered exactly like one that does not exist', async () => {
    const { id } = await consumed(sound);
    const ann = { 'x-participant-id': 'ann' };
    for (const act of [
      (consumer: string) => harness.post(path(consumer, '/resume'), {}, ann),
      (consumer: string) => harness.post(path(consumer, '/pause'), {}, ann),
      (consumer: string) => harness.post(path(consumer, '/request-key-frame'), {}, ann),
      (consumer: string) => harness.delete(path(consumer), ann),
    ]) {
      const missing = await act(UNKNOWN);
      expectProblem(missing, 'consumer-not-found');
      expect(anonymous(await act(id))).toEqual(anonymous(missing));
    }
    expect((await harness.post(path(id, '/resume'), {}, { 'x-participant-id': 'ben' })).status).toBe(200);
  });

  it('ends with its producer, and with its transport', async () => {
    const short = await producePicture();
    const followed = await consumed(short);
    await harness.delete(`/rooms/room/producers/${short}`);
    expectProblem(await harness.post(path(followed.id, '/resume')), 'consumer-not-found');

    const extra = await harness.createTransport('room', 'ben', 'recv');
    const answer = await consume({ transportId: extra.id, producerId: sound });
    await harness.delete(`/rooms/room/transports/${extra.id}`);
    const { id } = answer.body as ConsumerAnswer;
    expectProblem(await harness.post(path(id, '/resume')), 'consumer-not-found');
  });

  it('is not left over when its producer ends while it is made', async () => {
    const before = await consumersOf('ben');
    const short = await producePicture();
    const [answer] = await Promise.all([
      consume({ producerId: short }),
      harness.delete(`/rooms/room/producers/${short}`),
    ]);
    expect([201, 404]).toContain(answer.status);
    expect(await consumersOf('ben')).toEqual(before);
  });
});

describe('the numbers', () => {
  it('add up: what is open is what was created and not closed', async () => {
    await harness.post('/rooms/room/participants/ben/leave');
    await harness.delete('/rooms/elsewhere');
    const text = await harness.registry.metrics();
    const value = (name: string, kind: string) =>
      Number(new RegExp(`^crossfade_media_${name}\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
    for (const kind of ['room', 'transport', 'producer', 'consumer']) {
      expect(value('created_total', kind)).toBeGreaterThan(0);
      expect(value('open', kind)).toBe(value('created_total', kind) - value('closed_total', kind));
    }
    expect(value('open', 'consumer')).toBe(0);
  });
});
