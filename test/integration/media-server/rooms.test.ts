import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createRoomAnswerSchema,
  listRoomsAnswerSchema,
  roomSnapshotSchema,
  type CreateRoomAnswer,
  type ListRoomsAnswer,
} from '@crossfade/shared/media-api';
import { startHarness, type Harness } from './harness.ts';
import { opusParameters } from './media-parameters.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

describe('creating a room', () => {
  it('answers 201 for a new one and 200 for the same one again', async () => {
    const first = await harness.post('/rooms/new/create', { epoch: 3 });
    const second = await harness.post('/rooms/new/create', { epoch: 3 });
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(first.body).toEqual(second.body);
    expect(createRoomAnswerSchema.parse(first.body)).toEqual(first.body);
    expect(first.body).toMatchObject({ roomId: 'new', epoch: 3, bootId: harness.mediaServer.bootId });
  });

  it('needs no body', async () => {
    expect((await harness.post('/rooms/bodiless/create')).body).toMatchObject({ epoch: 0 });
  });

  it('makes one room of twenty simultaneous requests', async () => {
    const created = async () =>
      /created_total\{kind="room"\} (\d+)/.exec(await harness.registry.metrics())?.[1];
    const before = Number(await created());
    const answers = await Promise.all(Array.from({ length: 20 }, () => harness.post('/rooms/rush/create')));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(Number(await created())).toBe(before + 1);
  });

  it('offers every codec in a conference, and only mono Opus to push-to-talk', async () => {
    const names = ({ rtpCapabilities }: CreateRoomAnswer) =>
      (rtpCapabilities.codecs ?? []).map(({ mimeType }) => mimeType).filter((name) => !name.endsWith('/rtx'));
    expect(names(await harness.createRoom('all-codecs'))).toEqual([
      'audio/opus',
      'video/VP8',
      'video/VP9',
      'video/VP9',
      'video/H264',
      'video/H264',
      'video/AV1',
    ]);
    const pushToTalk = await harness.createRoom('radio', { profile: 'push-to-talk' });
    expect(names(pushToTalk)).toEqual(['audio/opus']);
    expect(pushToTalk.rtpCapabilities.codecs?.[0]?.parameters).toMatchObject({
      useinbandfec: 1,
      usedtx: 0,
      stereo: 0,
      ptime: 20,
    });
  });

  it.each(['a%20b', 'x'.repeat(129), '%2e%2e%2fetc', 'é'])('refuses the id %s', async (id) => {
    const problem = expectProblem(await harness.post(`/rooms/${encodeURI(id)}/create`), 'validation-failed');
    expect(problem.errors?.[0]?.path).toBe('roomId');
  });

  it.each([
    [{ epoch: -1 }, 'epoch'],
    [{ epoch: 1.5 }, 'epoch'],
    [{ epoch: '1' }, 'epoch'],
    [{ profile: 'party' }, 'profile'],
    [{ maxParticipants: 0 }, 'maxParticipants'],
  ])('refuses %j', async (body, path) => {
    const problem = expectProblem(await harness.post('/rooms/refused/create', body), 'validation-failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expectProblem(await harness.get('/rooms/refused'), 'room-not-found');
  });
});

describe('the epoch of a room', () => {
  it('rises with a create, and is never lowered', async () => {
    await harness.createRoom('epochs', { epoch: 5 });
    expect((await harness.post('/rooms/epochs/create', { epoch: 7 })).body).toMatchObject({ epoch: 7 });
    expectProblem(await harness.post('/rooms/epochs/create', { epoch: 6 }), 'stale-epoch');
    expect(await harness.snapshot('epochs')).toMatchObject({ epoch: 7 });
  });

  it('fences off every request of an older one, which then changes nothing', async () => {
    await harness.createRoom('fenced', { epoch: 2 });
    const { id } = await harness.createTransport('fenced', 'ann', 'send');
    const before = await harness.snapshot('fenced');
    const stale = { 'x-room-epoch': '1' };
    const body = { participantId: 'ann', direction: 'recv' };
    expectProblem(await harness.post('/rooms/fenced/transports', body, stale), 'stale-epoch');
    expectProblem(await harness.post('/rooms/fenced/participants/ann/leave', {}, stale), 'stale-epoch');
    expectProblem(await harness.delete(`/rooms/fenced/transports/${id}`, stale), 'stale-epoch');
    expectProblem(await harness.delete('/rooms/fenced', stale), 'stale-epoch');
    expectProblem(await harness.get('/rooms/fenced', stale), 'stale-epoch');
    expect(await harness.snapshot('fenced')).toEqual(before);
    expect((await harness.get('/rooms/fenced', { 'x-room-epoch': '2' })).status).toBe(200);
    expect((await harness.get('/rooms/fenced', { 'x-room-epoch': '3' })).status).toBe(200);
  });

  it.each([
    ['post', '/create'],
    ['get', ''],
    ['delete', ''],
    ['post', '/transports'],
    ['post', '/transports/x/connect'],
    ['post', '/transports/x/restart-ice'],
    ['post', '/transports/x/produce'],
    ['delete', '/transports/x'],
    ['post', '/consume'],
    ['post', '/consumers/x/resume'],
    ['post', '/consumers/x/pause'],
    ['post', '/consumers/x/request-key-frame'],
    ['delete', '/consumers/x'],
    ['post', '/producers/x/pause'],
    ['post', '/producers/x/resume'],
    ['delete', '/producers/x'],
    ['post', '/participants/x/leave'],
  ] as const)('is asked for before anything else by %s %s', async (method, path) => {
    await harness.post('/rooms/every-route/create', { epoch: 2 });
    const headers = { 'x-room-epoch': '1' };
    expectProblem(await harness.call(method, `/rooms/every-route${path}`, { headers }), 'stale-epoch');
  });

  it('of the floor: the last number named holds off those before it', async () => {
    await harness.createRoom('floor');
    const { id } = await harness.createTransport('floor', 'ann', 'send');
    const under = (fence: string) =>
      harness.post('/rooms/floor/producers/x/resume', {}, { 'x-floor-fence': fence });
    expectProblem(await under('7'), 'producer-not-found');
    expectProblem(await under('6'), 'stale-fence');
    expectProblem(await under('7'), 'producer-not-found');
    expectProblem(await under('8'), 'producer-not-found');
    expectProblem(await under('7'), 'stale-fence');
    expectProblem(await under('0'), 'validation-failed');
    // What has to do with no grant is not held off.
    expect((await harness.delete(`/rooms/floor/transports/${id}`)).status).toBe(204);
  });

  it('stays what it is when a create names none', async () => {
    await harness.createRoom('unnamed', { epoch: 3 });
    expect((await harness.post('/rooms/unnamed/create')).body).toMatchObject({ epoch: 3 });
  });

  it('is a whole number in the header', async () => {
    await harness.createRoom('odd-header');
    const answer = await harness.get('/rooms/odd-header', { 'x-room-epoch': 'latest' });
    expect(expectProblem(answer, 'validation-failed').errors?.[0]?.path).toBe('x-room-epoch');
  });
});

describe('a room', () => {
  it('is shown whole', async () => {
    await harness.createRoom('shown');
    const send = await harness.createTransport('shown', 'ann', 'send');
    const receive = await harness.createTransport('shown', 'ben', 'recv');
    const producerId = await harness.produce('shown', send.id, {
      kind: 'audio',
      source: 'microphone',
      rtpParameters: opusParameters(),
      paused: true,
    });
    const { rtpCapabilities } = (await harness.post('/rooms/shown/create')).body as CreateRoomAnswer;
    const consumed = await harness.post('/rooms/shown/consume', {
      transportId: receive.id,
      producerId,
      rtpCapabilities,
    });
    const snapshot = await harness.snapshot('shown');
    expect(roomSnapshotSchema.parse(snapshot)).toEqual(snapshot);
    expect(snapshot).toMatchObject({
      roomId: 'shown',
      profile: 'conference',
      seq: 1,
      participants: [
        {
          participantId: 'ann',
          transports: [{ transportId: send.id, direction: 'send', ice: 'new', dtls: 'new' }],
          consumers: [],
        },
        {
          participantId: 'ben',
          transports: [{ transportId: receive.id, direction: 'recv' }],
          consumers: [
            { consumerId: (consumed.body as { id: string }).id, producerId, kind: 'audio', paused: true },
          ],
        },
      ],
      producers: [{ producerId, participantId: 'ann', kind: 'audio', source: 'microphone', paused: true }],
    });
  });

  it('ends with DELETE, once, and others go on', async () => {
    await harness.createRoom('ends');
    await harness.createRoom('stays');
    await harness.createTransport('ends', 'ann', 'send');
    expect((await harness.delete('/rooms/ends')).status).toBe(204);
    expectProblem(await harness.delete('/rooms/ends'), 'room-not-found');
    expectProblem(await harness.get('/rooms/ends'), 'room-not-found');
    await harness.createTransport('stays', 'ann', 'send');
  });

  it('takes no more participants than agreed, also when they arrive together', async () => {
    await harness.createRoom('small', { maxParticipants: 2 });
    const join = (participantId: string) =>
      harness.post('/rooms/small/transports', { participantId, direction: 'send' });
    const answers = await Promise.all(['ann', 'ben', 'cem', 'dan'].map(join));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409]);
    expectProblem(await join('eve'), 'room-full');
    const [inside] = (await harness.snapshot('small')).participants;
    expect((await join(inside?.participantId ?? '')).status).toBe(201);
    await harness.post(`/rooms/small/participants/${inside?.participantId}/leave`);
    expect((await join('eve')).status).toBe(201);
  });

  it('is listed, page by page', async () => {
    const ids = ['page-a', 'page-b', 'page-c'];
    for (const id of ids) await harness.createRoom(id);
    const seen: string[] = [];
    let query = '?limit=2';
    for (;;) {
      const answer = await harness.get(`/rooms${query}`);
      const page: ListRoomsAnswer = listRoomsAnswerSchema.parse(answer.body);
      expect(page.rooms.length).toBeLessThanOrEqual(2);
      seen.push(...page.rooms.map(({ roomId }) => roomId));
      if (page.nextCursor === null) break;
      query = `?limit=2&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(expect.arrayContaining(ids));
    expect(new Set(seen).size).toBe(seen.length);
    expectProblem(await harness.get('/rooms?limit=0'), 'validation-failed');
    expectProblem(await harness.get('/rooms?limit=x'), 'validation-failed');
    expectProblem(await harness.get('/rooms?cursor=%21'), 'validation-failed');
  });
});

describe('leaving', () => {
  it('closes what the participant owns and nothing else', async () => {
    const { rtpCapabilities } = await harness.createRoom('left');
    const annSends = await harness.createTransport('left', 'ann', 'send');
    const annReceives = await harness.createTransport('left', 'ann', 'recv');
    const benSends = await harness.createTransport('left', 'ben', 'send');
    const benReceives = await harness.createTransport('left', 'ben', 'recv');
    const annSpeaks = await harness.produce('left', annSends.id);
    const benSpeaks = await harness.produce('left', benSends.id);
    const consume = (transportId: string, producerId: string) =>
      harness.post('/rooms/left/consume', { transportId, producerId, rtpCapabilities });
    await consume(annReceives.id, benSpeaks);
    await consume(benReceives.id, annSpeaks);

    const actFor = (participantId: string) => ({ 'x-participant-id': participantId });
    expectProblem(
      await harness.post('/rooms/left/participants/ann/leave', {}, actFor('ben')),
      'participant-not-found',
    );
    expect((await harness.post('/rooms/left/participants/ann/leave', {}, actFor('ann'))).status).toBe(204);
    expectProblem(await harness.post('/rooms/left/participants/ann/leave'), 'participant-not-found');

    const snapshot = await harness.snapshot('left');
    expect(snapshot.participants.map(({ participantId }) => participantId)).toEqual(['ben']);
    expect(snapshot.participants[0]?.consumers).toEqual([]);
    expect(snapshot.producers.map(({ producerId }) => producerId)).toEqual([benSpeaks]);
  });
});
