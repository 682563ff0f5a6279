import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CLOCK_TOLERANCE_S, signServiceToken, signUserToken } from '@crossfade/service/tokens';
import {
  FEED_NAMESPACE,
  feedErrorSchema,
  feedEventSchema,
  joinRoomAnswerSchema,
  type FeedEvent,
  type JoinRoomAnswer,
} from '@crossfade/shared/media-events';
import { roomSnapshotSchema, type ConsumerAnswer } from '@crossfade/shared/media-api';
import { io } from 'socket.io-client';
import { KEY, serviceToken, startHarness, type Harness } from './harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

const seqs = (events: readonly FeedEvent[]) => events.map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('connecting to the feed', () => {
  const rejected: [string, Record<string, unknown>][] = [
    ['without a token', {}],
    ['with garbage', { token: 'garbage' }],
    ['with something that is no text', { token: { a: 1 } }],
    ['with the token of a user', { token: signUserToken(KEY, { sub: 'u1' }, 60) }],
  ];
  it.each(rejected)('%s is refused with a code', async (_how, auth) => {
    await expect(harness.feed(auth)).rejects.toMatchObject({
      data: { code: 'unauthenticated', retryable: false },
    });
  });

  it('is allowed to those who may only look', async () => {
    const reader = await harness.feed({ token: serviceToken({ scope: 'read' }) });
    expect(await reader.join({ roomId: 'nowhere' })).toMatchObject({
      ok: false,
      error: { code: 'room-not-found' },
    });
  });

  it('is not for browsers, nor at another namespace', async () => {
    const auth = { token: serviceToken() };
    const answer = await fetch(`${harness.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(answer.status).toBe(403);
    const socket = io(harness.url, { auth, transports: ['websocket'], forceNew: true, reconnection: false });
    const error = await new Promise((resolve) => socket.on('connect_error', resolve));
    expect(error).toMatchObject({ data: { code: 'route-not-found' } });
    socket.close();
  });
});

describe('joining a room', () => {
  it('gives a snapshot, then every event after it, numbered by one', async () => {
    await harness.createRoom('followed');
    const send = await harness.createTransport('followed', 'ann', 'send');
    await harness.produce('followed', send.id);
    const reader = await harness.feed();
    const answer = await reader.join({ roomId: 'followed' });
    expect(joinRoomAnswerSchema.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      ok: true,
      seq: 1,
      bootId: harness.mediaServer.bootId,
      snapshot: { seq: 1 },
    });
    const producerId = await harness.produce('followed', send.id);
    await harness.post(`/rooms/followed/producers/${producerId}/pause`);
    await harness.delete(`/rooms/followed/producers/${producerId}`);
    await reader.event('producer-closed');
    expect(seqs(reader.events)).toEqual([2, 3, 4]);
  });

  it('loses and doubles nothing while events come in', async () => {
    await harness.createRoom('busy');
    const send = await harness.createTransport('busy', 'ann', 'send');
    const producers: string[] = [];
    const over = new AbortController();
    const busy = (async () => {
      while (!over.signal.aborted) producers.push(await harness.produce('busy', send.id));
    })();
    for (let round = 0; round < 10; round += 1) {
      const reader = await harness.feed();
      const answer = await reader.join({ roomId: 'busy' });
      if (!answer.ok) throw new Error(answer.error.code);
      const snapshot = roomSnapshotSchema.parse(answer.snapshot);
      expect(snapshot.producers).toHaveLength(snapshot.seq);
      await reader.event('new-producer');
      expect(reader.events[0]?.seq).toBe(answer.seq + 1);
      reader.close();
    }
    over.abort();
    await busy;
    expect((await harness.snapshot('busy')).seq).toBe(producers.length);
  });

  it('gives the missed events to those who say what they have', async () => {
    await harness.createRoom('missed');
    const send = await harness.createTransport('missed', 'ann', 'send');
    for (let count = 0; count < 5; count += 1) await harness.produce('missed', send.id);
    const reader = await harness.feed();
    const { bootId } = harness.mediaServer;
    const join = async (afterSeq: number, boot: string | undefined = bootId) => {
      const answer = await reader.join({ roomId: 'missed', afterSeq, bootId: boot });
      if (!answer.ok) throw new Error(answer.error.code);
      return answer;
    };
    const missed = await join(2);
    expect(missed.snapshot).toBeUndefined();
    expect(seqs(missed.missed ?? [])).toEqual([3, 4, 5]);
    for (const event of missed.missed ?? []) expect(feedEventSchema.parse(event)).toEqual(event);
    expect((await join(5)).missed).toEqual([]);
    // From another boot, or from the future: start again.
    expect(await join(2, 'another-boot')).toMatchObject({ seq: 5, snapshot: { seq: 5 } });
    expect(await join(6)).toMatchObject({ seq: 5, snapshot: { seq: 5 } });
  });

  it('gives a snapshot to those who missed too much', async () => {
    const { rtpCapabilities } = await harness.createRoom('long');
    const send = await harness.createTransport('long', 'ann', 'send');
    const receive = await harness.createTransport('long', 'ben', 'recv');
    // One event for each producer, and two more when all end at once: one for its consumer, one for itself.
    const producers: string[] = [];
    for (let count = 0; count < 350; count += 1) producers.push(await harness.produce('long', send.id));
    for (const producerIds of [producers.slice(0, 200), producers.slice(200)]) {
      await harness.post('/rooms/long/consume', { transportId: receive.id, producerIds, rtpCapabilities });
    }
    await harness.delete(`/rooms/long/transports/${send.id}`);
    const last = 3 * 350 + 1;
    const reader = await harness.feed();
    const { bootId } = harness.mediaServer;
    const tooOld = await reader.join({ roomId: 'long', afterSeq: last - 1_001, bootId });
    expect(tooOld).toMatchObject({ seq: last, snapshot: { seq: last } });
    const kept = await reader.join({ roomId: 'long', afterSeq: last - 1_000, bootId });
    expect(kept.ok && seqs(kept.missed ?? [])).toEqual(range(last - 999, last));
  });

  it('ends with leaving it', async () => {
    await harness.createRoom('abandoned');
    const send = await harness.createTransport('abandoned', 'ann', 'send');
    const reader = await harness.feed();
    await reader.join({ roomId: 'abandoned' });
    await harness.produce('abandoned', send.id);
    await reader.event('new-producer');
    expect(await reader.socket.emitWithAck('leave-room', { roomId: 'abandoned' })).toEqual({ ok: true });
    await harness.produce('abandoned', send.id);
    await reader.join({ roomId: 'abandoned' });
    expect(seqs(reader.events)).toEqual([1]);
  });

  it('answers whatever it is asked', async () => {
    const reader = await harness.feed();
    const invalid = { ok: false, error: { code: 'validation-failed' } };
    for (const nonsense of [undefined, null, 7, [], {}, { roomId: 'a b' }]) {
      expect(await reader.join(nonsense as object)).toMatchObject(invalid);
      expect(await reader.socket.emitWithAck('leave-room', nonsense)).toMatchObject(invalid);
    }
    expect(await reader.join({ roomId: 'x', afterSeq: -1 })).toMatchObject(invalid);
    expect(await reader.socket.timeout(2_000).emitWithAck('join_room', { roomId: 'x' })).toEqual({
      ok: false,
      error: { code: 'route-not-found', message: 'There is no such request.', retryable: false },
    });
    // No acknowledgement wanted, or none that can be given: nobody is harmed.
    reader.socket
      .emit('join-room', { roomId: 'x' })
      .emit('join-room')
      .emit('leave-room', 'x', 'y')
      .emit('no-such', 1);
    expect(await reader.join({ roomId: 'nowhere' })).toMatchObject({ ok: false });
  });
});

describe('events', () => {
  it('tell of producers, consumers, transports, participants and the end, each with its reason', async () => {
    const { rtpCapabilities } = await harness.createRoom('told', { epoch: 4 });
    const reader = await harness.feed();
    await reader.join({ roomId: 'told' });
    const annSends = await harness.createTransport('told', 'ann', 'send');
    const benReceives = await harness.createTransport('told', 'ben', 'recv');
    const producerId = await harness.produce('told', annSends.id);
    const consume = async () => {
      const body = { transportId: benReceives.id, producerId, rtpCapabilities };
      return ((await harness.post('/rooms/told/consume', body)).body as ConsumerAnswer).id;
    };
    const asked = await consume();
    const followed = await consume();
    await harness.post(`/rooms/told/producers/${producerId}/pause`, {}, { 'x-participant-id': 'ann' });
    await harness.post(`/rooms/told/producers/${producerId}/resume`);
    await harness.post(`/rooms/told/producers/${producerId}/resume`);
    await harness.delete(`/rooms/told/consumers/${asked}`);
    await harness.post('/rooms/told/participants/ann/leave');
    await harness.delete('/rooms/told');
    await reader.event('room-closed');

    for (const event of reader.events) expect(feedEventSchema.parse(event)).toEqual(event);
    expect(seqs(reader.events)).toEqual(range(1, reader.events.length));
    const ann = { participantId: 'ann' };
    const envelope = { roomId: 'told', epoch: 4, bootId: harness.mediaServer.bootId };
    expect(reader.events).toEqual(
      [
        { type: 'new-producer', producerId, ...ann, kind: 'audio', source: 'microphone', paused: false },
        { type: 'producer-paused', producerId, ...ann, by: 'owner' },
        { type: 'producer-resumed', producerId, ...ann, by: 'owner' },
        { type: 'consumer-closed', consumerId: asked, producerId, participantId: 'ben', reason: 'closed' },
        {
          type: 'consumer-closed',
          consumerId: followed,
          producerId,
          participantId: 'ben',
          reason: 'producer-closed',
        },
        { type: 'producer-closed', producerId, ...ann, reason: 'participant-left' },
        { type: 'transport-state', transportId: annSends.id, ...ann, ice: 'closed', dtls: 'closed' },
        { type: 'participant-left', ...ann, reason: 'left' },
        { type: 'room-closed', reason: 'deleted' },
      ].map((event) => expect.objectContaining({ ...envelope, ...event })),
    );
  });

  it('of a closing room are those of its producers and its own', async () => {
    const { rtpCapabilities } = await harness.createRoom('closing');
    const annSends = await harness.createTransport('closing', 'ann', 'send');
    const benReceives = await harness.createTransport('closing', 'ben', 'recv');
    const producerId = await harness.produce('closing', annSends.id);
    await harness.post('/rooms/closing/consume', {
      transportId: benReceives.id,
      producerId,
      rtpCapabilities,
    });
    const reader = await harness.feed();
    await reader.join({ roomId: 'closing' });
    await harness.delete('/rooms/closing');
    await reader.event('room-closed');
    expect(reader.events).toMatchObject([
      { type: 'producer-closed', producerId, reason: 'room-closed', seq: 2 },
      { type: 'room-closed', reason: 'deleted', seq: 3 },
    ]);
  });

  it('go on counting when a room comes back, for those who join again', async () => {
    await harness.createRoom('phoenix');
    const reader = await harness.feed();
    await reader.join({ roomId: 'phoenix' });
    await harness.delete('/rooms/phoenix');
    const { seq } = await reader.event('room-closed');
    await harness.createRoom('phoenix');
    const { bootId } = harness.mediaServer;
    expect(await reader.join({ roomId: 'phoenix', afterSeq: seq, bootId })).toMatchObject({
      seq,
      missed: [],
    });
    const send = await harness.createTransport('phoenix', 'ann', 'send');
    await harness.produce('phoenix', send.id);
    await reader.event('new-producer');
    expect(seqs(reader.events)).toEqual([seq, seq + 1]);
  });
});

describe('a token that expires', () => {
  it('ends the connection, and a new one goes on where that ended', async () => {
    await harness.createRoom('expiring');
    const send = await harness.createTransport('expiring', 'ann', 'send');
    // Clocks may be apart by the tolerance: so much later it is no longer good.
    const lifetimeS = 2 - CLOCK_TOLERANCE_S;
    const tokens = [signServiceToken(KEY, { subject: 'test', lifetimeS }), serviceToken()];
    const socket = io(`${harness.url}${FEED_NAMESPACE}`, {
      auth: (give) => give({ token: tokens.shift() }),
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 10,
    });
    const next = (name: string) => new Promise<unknown>((resolve) => socket.once(name, resolve));
    const join = (request: object): Promise<JoinRoomAnswer> =>
      socket.timeout(2_000).emitWithAck('join-room', request);
    const told = [next('error'), next('disconnect')] as const;
    await next('connect');
    const joined = await join({ roomId: 'expiring' });
    if (!joined.ok) throw new Error(joined.error.code);

    const [error, reason] = await Promise.all(told);
    expect(feedErrorSchema.parse(error)).toMatchObject({ code: 'unauthenticated', retryable: false });
    expect(reason).toBe('transport close');
    await harness.produce('expiring', send.id);
    if (!socket.connected) await next('connect');
    const { bootId, seq } = joined;
    expect(await join({ roomId: 'expiring', bootId, afterSeq: seq })).toMatchObject({
      ok: true,
      missed: [{ type: 'new-producer' }],
    });
    socket.close();
  });
});
