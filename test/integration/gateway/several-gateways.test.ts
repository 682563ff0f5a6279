/** Two gateways on one real Redis, in front of one real media server: a call does not notice which one somebody is at. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import type { Gateway } from '../../../gateway/src/app.ts';
import { openServer } from '../../../gateway/src/store/database.ts';
import { dtlsParameters, opus } from './media.ts';
import { PostgresqlServer, postgresqlPrograms } from './postgresql.ts';
import { RedisServer, redisProgram } from './redis.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { serviceKey, Stack, startScriptedGateway, userKey } from './stack.ts';

const media = { audio: true, video: true, screen: false };
const SETTINGS = { BACK_TO_P2P_DELAY_MS: '200', SWITCH_TIMEOUT_MS: '6000', RESUME_WINDOW_MS: '20000' };

interface Party {
  client: ScriptedClient;
  me: JoinAnswer;
}

const anyway = redisProgram === undefined ? describe.skip : describe;

anyway('people at two gateways', () => {
  let redis: RedisServer;
  let stack: Stack;
  let second: Gateway;
  let calls = 0;

  beforeAll(async () => {
    redis = await RedisServer.start();
    stack = await Stack.start({ ...SETTINGS, REDIS_URL: redis.url });
    second = await another();
  });
  afterAll(async () => {
    await second.close();
    await stack.close();
    await redis.stop();
  });

  const another = () =>
    startScriptedGateway({ ...SETTINGS, REDIS_URL: redis.url, MEDIA_SERVER_URLS: stack.media.url });
  const join = async (callId: string, name: string, url: string, resume?: JoinAnswer): Promise<Party> => {
    const client = await stack.client(name, {}, url);
    const proof = resume && { participantId: resume.participantId, sessionId: resume.sessionId };
    return { client, me: await client.must('call:join', { callId, media, ...(proof && { resume: proof }) }) };
  };
  /** People in a call of their own, at one gateway and the other in turn. */
  const party = async (count: number) => {
    const callId = `call-${String((calls += 1))}`;
    const people: Party[] = [];
    for (let i = 0; i < count; i += 1)
      people.push(await join(callId, `p${String(i)}`, (i % 2 === 0 ? stack.gateway : second).url));
    return { callId, people };
  };
  const confirm = async (callId: string, people: readonly Party[], epoch: number) => {
    for (const { client } of people) {
      const { transitionId } = await client.phase('prepare', (message) => message.epoch === epoch);
      await client.must('call:mode-switched', { callId, transitionId, success: true });
    }
    return Promise.all(
      people.map(({ client }) => client.phase('commit', (message) => message.epoch === epoch)),
    );
  };
  const produce = async ({ client }: Party, callId: string, epoch: number, ssrc: number) => {
    const { id } = await client.must('media:create-transport', { callId, epoch, direction: 'send' });
    await client.must('media:connect-transport', { callId, epoch, transportId: id, dtlsParameters });
    const produced = await client.must('media:produce', {
      callId,
      epoch,
      transportId: id,
      kind: 'audio',
      source: 'microphone',
      rtpParameters: opus(ssrc),
    });
    return produced.id;
  };
  const rooms = async (): Promise<{ roomId: string }[]> => {
    const token = signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 });
    const answer = await fetch(`${stack.media.url}/api/rooms`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return ((await answer.json()) as { rooms: { roomId: string }[] }).rooms;
  };

  test('see each other, exchange signals, and know when one goes', async () => {
    const { callId, people } = await party(2);
    const [anna, ben] = people as [Party, Party];
    expect(ben.me.participants.map(({ displayName }) => displayName)).toEqual(['p0', 'p1']);
    await anna.client.event('call:participant-joined');
    for (const [from, to] of [
      [anna, ben],
      [ben, anna],
    ] as const) {
      const signal = {
        callId,
        to: to.me.participantId,
        epoch: 0,
        description: { type: 'offer', sdp: 'v=0' },
      };
      await from.client.must('call:signal', signal as never);
      expect(await to.client.event('call:signal')).toMatchObject({ from: from.me.participantId });
    }
    await ben.client.must('call:update', { callId, media: { ...media, audio: false } });
    await anna.client.event('call:participant-updated', ({ participant }) => !participant.media.audio);
    ben.client.close();
    await anna.client.event('call:participant-updated', ({ participant }) => !participant.connected);
    await anna.client.must('call:leave', { callId });
  });

  test('move to the media server and back together; each hears the others’ producers once', async () => {
    const { callId, people } = await party(3);
    const [anna, ben, carl] = people as [Party, Party, Party];
    expect(carl.me.sfu?.rtpCapabilities.codecs?.length).toBeGreaterThan(0);
    await confirm(callId, people, 1);
    const voice = await produce(anna, callId, 1, 1001);
    const answer = await produce(ben, callId, 1, 1002);
    for (const { client } of [ben, carl])
      await client.event('new-producer', ({ producerId }) => producerId === voice);
    for (const { client } of [anna, carl])
      await client.event('new-producer', ({ producerId }) => producerId === answer);
    expect(carl.client.count('new-producer')).toBe(2);
    expect(ben.client.count('new-producer')).toBe(1);

    // Whoever comes later, through either gateway, is told what is there.
    for (const url of [stack.gateway.url, second.url]) {
      const late = await join(callId, 'late', url);
      const known = late.me.sfu?.producers.map(({ producerId }) => producerId);
      expect([...(known ?? [])].sort()).toEqual([voice, answer].sort());
      await late.client.must('call:leave', { callId });
    }
    await carl.client.must('call:leave', { callId });
    const back = await confirm(callId, [anna, ben], 2);
    expect(back).toMatchObject([{ mode: 'p2p' }, { mode: 'p2p' }]);
    for (const { client } of [anna, ben]) await client.must('call:leave', { callId });
  });

  test('a gateway that comes to a room late hears of it, and of what was in it', async () => {
    const callId = `call-${String((calls += 1))}`;
    const people = [];
    for (const name of ['x', 'y', 'z']) people.push(await join(callId, name, stack.gateway.url));
    await confirm(callId, people, 1);
    const [first, another] = people;
    if (!first || !another) throw new Error('nobody came');
    const voice = await produce(first, callId, 1, 2001);
    const late = await join(callId, 'late', second.url);
    expect(late.me.sfu?.producers).toMatchObject([{ producerId: voice }]);
    const next = await produce(another, callId, 1, 2002);
    await late.client.event('new-producer', ({ producerId }) => producerId === next);
    await Promise.all([...people, late].map(({ client }) => client.must('call:leave', { callId })));
  });

  test('a session that is resumed at the other gateway is taken from the first', async () => {
    const { callId, people } = await party(2);
    const [anna, ben] = people as [Party, Party];
    const again = await join(callId, 'p0', second.url, anna.me);
    expect(again.me.participantId).toBe(anna.me.participantId);
    await anna.client.event('session:replaced');
    expect(anna.client.count('session:replaced')).toBe(1);
    expect(await anna.client.codeOf('call:update', { callId, media })).toBe('not-joined');
    // And its end is not that of the session.
    anna.client.close();
    await again.client.must('call:update', { callId, media: { ...media, video: false } });
    await ben.client.event('call:participant-updated', ({ participant }) => !participant.media.video);
    const lost = ben.client.events.filter(
      ({ name, payload }) =>
        name === 'call:participant-updated' &&
        !(payload as { participant: { connected: boolean } }).participant.connected,
    );
    expect(lost).toEqual([]);
  });

  test('two that make the call too large at the same moment start one switch', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { callId, people } = await party(2);
      const late = await Promise.all([join(callId, 'c', stack.gateway.url), join(callId, 'd', second.url)]);
      const all = [...people, ...late];
      // Who was not in yet when it was announced has it with the answer to the join.
      const told = await Promise.all(
        all.map(
          async ({ client, me }) =>
            me.transition ?? (await client.phase('prepare', ({ epoch }) => epoch === 1)),
        ),
      );
      expect(new Set(told.map(({ transitionId }) => transitionId)).size).toBe(1);
      const transitionId = told[0]?.transitionId ?? '';
      for (const { client } of all)
        expect(['ok', 'transition-over']).toContain(
          await client.codeOf('call:mode-switched', { callId, transitionId, success: true }),
        );
      for (const { client } of all) await client.phase('commit', ({ epoch }) => epoch === 1);
      expect(people[0]?.client.count('call:mode-switch')).toBe(2);
      await Promise.all(all.map(({ client }) => client.must('call:leave', { callId })));
    }
  });

  test('a gateway that is stopped hands its people over; the call and its room go on', async () => {
    const third = await another();
    const callId = `call-${String((calls += 1))}`;
    const people = [
      await join(callId, 'a', stack.gateway.url),
      await join(callId, 'b', third.url),
      await join(callId, 'c', third.url),
    ];
    await confirm(callId, people, 1);
    const [anna, ben] = people as [Party, Party];
    const voice = await produce(ben, callId, 1, 3001);
    await third.close();
    await anna.client.event('call:participant-updated', ({ participant }) => !participant.connected);
    const back = await join(callId, 'b', second.url, ben.me);
    expect(back.me).toMatchObject({ participantId: ben.me.participantId, mode: 'sfu', epoch: 1 });
    expect(back.me.sfu?.producers).toMatchObject([{ producerId: voice }]);
    expect(anna.client.count('producer-closed')).toBe(0);
    expect((await rooms()).map(({ roomId }) => roomId)).toContain(callId);
    await anna.client.must('call:leave', { callId });
    await back.client.must('call:leave', { callId });
  });

  test('who is removed at another gateway reads the moderator’s words, and all hear of changes in their order', async () => {
    for (let round = 0; round < 4; round += 1) {
      const callId = `call-${String((calls += 1))}`;
      const grants = { publish: true, subscribe: true, moderate: true };
      const moderator = await stack.client(`moderator-${String(round)}`, { grants });
      await moderator.must('call:join', { callId, media });
      const [guest, watcher] = [
        await join(callId, 'guest', second.url),
        await join(callId, 'watcher', second.url),
      ];
      const words = { callId, participantId: guest.me.participantId, reason: `Words ${String(round)}` };
      // Two gateways write one after the other.
      await Promise.all([
        watcher.client.must('call:update', { callId, media: { ...media, audio: false } }),
        moderator.must('moderate:remove', words),
      ]);
      expect(await guest.client.event('call:ended')).toMatchObject({
        reason: 'removed',
        message: words.reason,
      });
      expect(guest.client.count('call:ended')).toBe(1);
      await watcher.client.event('call:participant-left');
      for (const audio of [true, false, true])
        await Promise.all([
          watcher.client.must('call:update', { callId, media: { ...media, audio } }),
          moderator.must('moderate:lock', { callId, locked: audio }),
        ]);
      await moderator.must('moderate:end', { callId });
      expect(await watcher.client.event('call:ended')).toMatchObject({ reason: 'ended' });
      const locks = (client: ScriptedClient) =>
        client.events
          .filter(({ name }) => name === 'call:updated')
          .map(({ payload }) => (payload as { locked: boolean }).locked);
      expect(locks(watcher.client)).toEqual([true, false, true]);
      expect(locks(watcher.client)).toEqual(locks(moderator));
    }
  });

  test('nothing in Redis is there for good', async () => {
    const keys = (await redis.command('KEYS', '*')) as string[];
    expect(keys.length).toBeGreaterThan(5);
    for (const key of keys) expect([key, await redis.command('PTTL', key)]).not.toEqual([key, -1]);
  });
});

const withRecords = redisProgram === undefined || postgresqlPrograms === undefined ? describe.skip : describe;

withRecords('chat of people at two gateways', () => {
  const stops: (() => unknown)[] = [];
  let redis: RedisServer;
  let first: Gateway;
  let second: Gateway;

  beforeAll(async () => {
    redis = await RedisServer.start();
    stops.push(() => redis.stop());
    const database = await PostgresqlServer.start(postgresqlPrograms ?? '');
    stops.push(() => database.stop());
    const start = async () => {
      const settings = { ...SETTINGS, REDIS_URL: redis.url, MEDIA_SERVER_URLS: 'http://127.0.0.1:9' };
      const gateway = await startScriptedGateway(settings, () => openServer(database.url));
      stops.push(() => gateway.close());
      return gateway;
    };
    first = await start();
    second = await start();
  });
  afterAll(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const join = async (name: string, { url }: Gateway, resume?: JoinAnswer): Promise<Party> => {
    const client = await ScriptedClient.connect(url, signUserToken(userKey, { sub: name, name }, 60));
    stops.push(() => client.close());
    const proof = resume && { participantId: resume.participantId, sessionId: resume.sessionId };
    const me = await client.must('call:join', { callId: 'chat', media, ...(proof && { resume: proof }) });
    return { client, me };
  };
  const send = ({ client }: Party, n: number) =>
    client.must('chat:send', { callId: 'chat', text: `text ${String(n)}`, clientMessageId: `m${String(n)}` });
  const history = async ({ client }: Party) => {
    const { messages } = await client.must('chat:history', { callId: 'chat' });
    return messages.map(({ text }) => text).sort();
  };
  const ALL = ['text 1', 'text 2', 'text 3', 'text 4'];

  test('is the same for all, told once, and still there when its sender is gone, or Redis and all it knew', async () => {
    const ann = await join('ann', first);
    const ben = await join('ben', second);
    const sent = [await send(ann, 1), await send(ben, 2), await send(ann, 3), await send(ann, 4)];
    const told = (n: number) => ben.client.event('chat:message', ({ text }) => text === `text ${String(n)}`);
    await Promise.all([told(1), told(2), told(3), told(4)]);
    expect([await history(ann), await history(ben)]).toEqual([ALL, ALL]);
    /** Whatever was told is told before what is asked for later is answered. */
    const toldOnce = async () => {
      await ben.client.must('call:update', { callId: 'chat', media });
      expect(ben.client.count('chat:message')).toBe(4);
    };

    expect((await send(ann, 1)).messageId).toBe(sent[0]?.messageId);
    ann.client.close();
    const again = await join('ann', second, ann.me);
    expect(again.me.participantId).toBe(ann.me.participantId);
    expect((await send(again, 3)).messageId).toBe(sent[2]?.messageId);
    expect([await history(again), await history(ben)]).toEqual([ALL, ALL]);
    await toldOnce();

    await redis.kill();
    await redis.again('lost');
    for (const gateway of [first, second])
      await soon(
        async () => (await fetch(`${gateway.url}/ready`)).status,
        (status) => status === 200,
      );
    expect((await send(ben, 2)).messageId).toBe(sent[1]?.messageId);
    expect((await send(again, 4)).messageId).toBe(sent[3]?.messageId);
    expect([await history(again), await history(ben)]).toEqual([ALL, ALL]);
    await toldOnce();

    await again.client.must('call:leave', { callId: 'chat' });
    await ben.client.event('call:participant-left');
    expect(await history(ben)).toEqual(ALL);
    await ben.client.must('call:leave', { callId: 'chat' });
  });
});
