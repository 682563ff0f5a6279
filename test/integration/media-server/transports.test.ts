import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createTransportAnswerSchema,
  restartIceAnswerSchema,
  type CreateTransportAnswer,
} from '@crossfade/shared/media-api';
import { startHarness, type Harness } from './harness.ts';
import { dtlsParameters } from './media-parameters.ts';
import { anonymous, expectProblem } from './problems.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
  await harness.createRoom('room');
  await harness.createRoom('other-room');
});
afterAll(() => harness.close());

const path = (id: string, action = '') => `/rooms/room/transports/${id}${action}`;
const connect = (id: string, headers?: Record<string, string>) =>
  harness.post(path(id, '/connect'), { dtlsParameters: dtlsParameters() }, headers);

describe('creating a transport', () => {
  it('gives ICE candidates over UDP and TCP, UDP first, and DTLS parameters', async () => {
    const answer = await harness.createTransport('room', 'ann', 'send');
    expect(createTransportAnswerSchema.parse(answer)).toEqual(answer);
    expect(protocols(answer)).toEqual(['udp', 'tcp']);
    const [udp, tcp] = answer.iceCandidates;
    expect(udp?.priority).toBeGreaterThan(tcp?.priority ?? Infinity);
  });

  it('gives TCP only to those behind a wall', async () => {
    const body = { participantId: 'ann', direction: 'recv', forceTcp: true };
    const answer = await harness.post('/rooms/room/transports', body);
    expect(answer.status).toBe(201);
    expect(protocols(answer.body as CreateTransportAnswer)).toEqual(['tcp']);
  });

  it.each([
    [{ direction: 'send' }, 'participantId'],
    [{ participantId: 'a b', direction: 'send' }, 'participantId'],
    [{ participantId: 'ann', direction: 'both' }, 'direction'],
    [{ participantId: 'ann', direction: 'send', forceTcp: 'yes' }, 'forceTcp'],
    [{ participantId: ['ann'], direction: 'send' }, 'participantId'],
  ])('refuses %j', async (body, field) => {
    const before = await harness.snapshot('room');
    const problem = expectProblem(await harness.post('/rooms/room/transports', body), 'validation-failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([field]);
    expect(await harness.snapshot('room')).toEqual(before);
  });

  it('is for the participant the caller acts for', async () => {
    const body = { participantId: 'ann', direction: 'send' };
    const answer = await harness.post('/rooms/room/transports', body, { 'x-participant-id': 'ben' });
    expectProblem(answer, 'participant-not-found');
  });

  it('needs a room', async () => {
    const body = { participantId: 'ann', direction: 'send' };
    expectProblem(await harness.post('/rooms/nowhere/transports', body), 'room-not-found');
  });
});

describe('connecting a transport', () => {
  it('works once', async () => {
    const { id } = await harness.createTransport('room', 'ann', 'send');
    const first = await connect(id);
    expect([first.status, first.body]).toEqual([200, { connected: true }]);
    expectProblem(await connect(id), 'transport-already-connected');
  });

  it('works once for ten that try together', async () => {
    const { id } = await harness.createTransport('room', 'ann', 'send');
    const answers = await Promise.all(Array.from({ length: 10 }, () => connect(id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expectProblem(answer, 'transport-already-connected');
    }
  });

  it.each([
    ['no fingerprints', { role: 'client', fingerprints: [] }],
    ['md5', { fingerprints: [{ algorithm: 'md5', value: 'AA:BB' }] }],
    ['no hexadecimal bytes', { fingerprints: [{ algorithm: 'sha-256', value: 'zz' }] }],
    ['a short value', { fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }] }],
    ['an unknown role', { ...dtlsParameters(), role: 'boss' }],
    ['nothing', undefined],
  ])('refuses %s, and takes good parameters afterwards', async (_what, parameters) => {
    const { id } = await harness.createTransport('room', 'ann', 'send');
    const answer = await harness.post(path(id, '/connect'), { dtlsParameters: parameters });
    expectProblem(answer, 'validation-failed');
    expect((await connect(id)).status).toBe(200);
  });
});

describe('restarting ICE', () => {
  it('gives new parameters, connected or not', async () => {
    const created = await harness.createTransport('room', 'ann', 'send');
    const restart = () => harness.post(path(created.id, '/restart-ice'));
    const first = restartIceAnswerSchema.parse((await restart()).body);
    await connect(created.id);
    const second = restartIceAnswerSchema.parse((await restart()).body);
    const fragments = [created, first, second].map(({ iceParameters }) => iceParameters.usernameFragment);
    expect(new Set(fragments).size).toBe(3);
  });
});

describe('closing a transport', () => {
  it('happens once', async () => {
    const { id } = await harness.createTransport('room', 'ann', 'send');
    expect((await harness.delete(path(id))).status).toBe(204);
    expectProblem(await harness.delete(path(id)), 'transport-not-found');
    expectProblem(await connect(id), 'transport-not-found');
  });
});

describe('the transport of somebody else', () => {
  it('is answered exactly like one that does not exist', async () => {
    const { id } = await harness.createTransport('room', 'ann', 'send');
    const elsewhere = await harness.createTransport('other-room', 'ben', 'send');
    const ben = { 'x-participant-id': 'ben' };
    const produce = (transport: string) => harness.post(path(transport, '/produce'), { kind: 'audio' }, ben);
    const unknown = '00000000-0000-4000-8000-000000000000';
    for (const act of [
      (transport: string) => connect(transport, ben),
      (transport: string) => harness.post(path(transport, '/restart-ice'), {}, ben),
      (transport: string) => harness.delete(path(transport), ben),
      produce,
    ]) {
      const missing = await act(unknown);
      expectProblem(missing, 'transport-not-found');
      expect(anonymous(await act(id))).toEqual(anonymous(missing));
      expect(anonymous(await act(elsewhere.id))).toEqual(anonymous(missing));
    }
    // Ann notices nothing.
    expect((await connect(id, { 'x-participant-id': 'ann' })).status).toBe(200);
  });
});

function protocols({ iceCandidates }: CreateTransportAnswer): string[] {
  return iceCandidates.map(({ protocol }) => protocol);
}
