/** Push-to-talk over the real signalling, enforced on a real media server: one gateway, and two on one Redis. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FENCE_HEADER, type RoomSnapshot } from '@crossfade/shared/media-api';
import type { ClientAnswer, ClientRequest, JoinAnswer } from '@crossfade/shared/signalling';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import type { Gateway } from '../../../gateway/src/app.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { opus } from './media.ts';
import { RedisServer, redisProgram } from './redis.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { speakersDoors, startSpeaker } from './speaker-process.ts';
import { serviceKey, Stack, startScriptedGateway, userKey } from './stack.ts';

const media = { audio: true, video: true, screen: false };
const pushToTalk = { requires: ['push-to-talk' as const] };
/** All people of these tests are behind one address, and press more often than people do. */
const UNLIMITED = { MAX_REQUESTS_PER_SECOND: '10000', MAX_CONNECTIONS_PER_MINUTE: '10000' };

interface Party {
  client: ScriptedClient;
  me: JoinAnswer;
  id: string;
  producerId: string;
}

let stack: Stack;
let calls = 0;
let ssrcs = 1_000;

async function join(
  callId: string,
  name: string,
  claims = {},
  url?: string,
): Promise<Omit<Party, 'producerId'>> {
  const client = await stack.client(name, { policy: pushToTalk, ...claims }, url);
  const me = await client.must('call:join', { callId, media });
  return { client, me, id: me.participantId };
}

async function send({ client }: Pick<Party, 'client'>, callId: string, epoch: number): Promise<string> {
  const transport = { callId, epoch, direction: 'send' } as const;
  const { id: transportId } = await client.must('media:create-transport', transport);
  const { id } = await client.must('media:produce', {
    callId,
    epoch,
    transportId,
    kind: 'audio',
    source: 'microphone',
    rtpParameters: opus((ssrcs += 1)),
  });
  return id;
}

/** People in a call of push-to-talk of their own, on the media server, each with a microphone. */
async function party(
  names: readonly [string, object?, string?][],
): Promise<{ callId: string; people: Party[] }> {
  const callId = `floor-${String((calls += 1))}`;
  const people: Party[] = [];
  for (const [name, claims, url] of names) {
    const one = await join(callId, `${callId}-${name}`, claims, url);
    if (people.length === 0) {
      const { transitionId } = one.me.transition ?? (await one.client.phase('prepare'));
      await one.client.must('call:mode-switched', { callId, transitionId, success: true });
      await one.client.phase('commit');
    }
    people.push({ ...one, producerId: await send(one, callId, 1) });
  }
  return { callId, people };
}

async function roomOf(callId: string): Promise<RoomSnapshot> {
  const token = signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 });
  const answer = await fetch(`${stack.media.url}/api/rooms/${callId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await answer.json()) as RoomSnapshot;
}

/** Whose microphones flow. */
/** Until the calls can be reached: fifty at a moment may be more than a busy machine gets through Redis in time. */
async function persistently<N extends 'floor:request' | 'floor:release'>(
  client: ScriptedClient,
  name: N,
  request: ClientRequest<N>,
): Promise<ClientAnswer<N>> {
  for (;;) {
    const answer = await client.request(name, request);
    if (answer.ok) return answer;
    if (!answer.error.retryable) throw new Error(`${name}: ${answer.error.code}`);
    await pause(50);
  }
}

const heard = async (callId: string) =>
  (await roomOf(callId)).producers.filter(({ paused }) => !paused).map(({ participantId }) => participantId);
const eventuallyHeard = async (callId: string, expected: readonly string[]) => {
  const same = (found: string[]) => JSON.stringify(found) === JSON.stringify(expected);
  expect(await soon(() => heard(callId), same)).toEqual(expected);
};

describe('at one gateway', () => {
  beforeAll(async () => {
    stack = await Stack.start({ ...UNLIMITED, FLOOR_MAX_TALK_MS: '60000' });
  });
  afterAll(() => stack.close());

  test('only who has the floor is heard; the next one follows, and who comes late knows', async () => {
    const { callId, people } = await party([['ann'], ['ben'], ['cleo']]);
    const [ann, ben, cleo] = people as [Party, Party, Party];
    expect(ann.me.floor).toEqual({ holder: null, fence: 0, queued: 0 });
    // Whom to hear is told by the floor: nobody waits for anybody's sound.
    expect(cleo.me.participants.map((each) => each.media.audio)).toEqual([false, false, false]);
    await eventuallyHeard(callId, []);

    const granted = await ann.client.must('floor:request', { callId });
    expect(granted).toMatchObject({
      granted: true,
      holder: ann.id,
      fence: granted.fence,
      remainingMs: expect.any(Number),
    });
    const { fence = 0 } = granted;
    expect(await ann.client.event('floor:granted')).toMatchObject({
      fence,
      priority: 0,
      remainingMs: 60_000,
    });
    for (const { client } of [ben, cleo])
      expect(await client.event('floor:taken')).toEqual({ callId, holder: ann.id, fence, priority: 0 });
    await eventuallyHeard(callId, [ann.id]);
    // Once more is the same.
    expect(await ann.client.must('floor:request', { callId })).toMatchObject({ granted: true, fence });

    expect(await ben.client.must('floor:request', { callId })).toMatchObject({
      granted: false,
      holder: ann.id,
      fence,
      queuePosition: 1,
    });
    expect(await cleo.client.must('floor:request', { callId })).toMatchObject({ queuePosition: 2 });
    const own = { callId, epoch: 1, producerId: ben.producerId };
    expect(await ben.client.codeOf('media:resume-producer', own)).toBe('not-floor-holder');
    const dan = await join(callId, 'dan');
    expect(dan.me.floor).toEqual({ holder: ann.id, fence, queued: 2 });
    expect(await dan.client.must('floor:request', { callId, queue: false })).toMatchObject({
      granted: false,
      denied: 'taken',
    });

    expect(await ann.client.must('floor:release', { callId, fence })).toMatchObject({
      granted: false,
      holder: ben.id,
    });
    const next = await ben.client.event('floor:granted');
    expect(next.fence).toBeGreaterThan(fence);
    await eventuallyHeard(callId, [ben.id]);
    // Whoever switches their microphone off has spoken.
    await ben.client.must('media:pause-producer', own);
    await cleo.client.event('floor:granted');
    await eventuallyHeard(callId, [cleo.id]);
    await cleo.client.must('call:leave', { callId });
    expect((await ann.client.event('floor:idle', (event) => event.fence > next.fence)).callId).toBe(callId);
    await eventuallyHeard(callId, []);
  });

  test('a higher priority interrupts, as far as the token grants it', async () => {
    const { callId, people } = await party([
      ['ann', { grants: { floorPriority: 5 } }],
      ['chief', { grants: { floorPriority: 200 } }],
      ['ben'],
    ]);
    const [ann, chief, ben] = people as [Party, Party, Party];
    await ann.client.must('floor:request', { callId, priority: 255 });
    expect(await ann.client.event('floor:granted')).toMatchObject({ priority: 5 });
    expect(await ben.client.must('floor:request', { callId, priority: 255 })).toMatchObject({
      queuePosition: 1,
    });
    await eventuallyHeard(callId, [ann.id]);
    expect(await chief.client.must('floor:request', { callId, priority: 6 })).toMatchObject({
      granted: true,
    });
    expect(await ann.client.event('floor:revoked')).toMatchObject({ reason: 'pre-empted' });
    await eventuallyHeard(callId, [chief.id]);
    // What was made meanwhile, and what flows whoever made it flow, is held back.
    const second = await send(ann, callId, 1);
    const own = { callId, epoch: 1, producerId: second };
    expect(await ann.client.codeOf('media:resume-producer', own)).toBe('not-floor-holder');
    const token = signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 });
    await fetch(`${stack.media.url}/api/rooms/${callId}/producers/${second}/resume`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    await ben.client.event('producer-resumed', ({ producerId }) => producerId === second);
    await eventuallyHeard(callId, [chief.id]);
  });

  test('a moderator who mutes the speaker takes the floor as well', async () => {
    const { callId, people } = await party([['mo', { grants: { moderate: true } }], ['ann'], ['ben']]);
    const [mo, ann, ben] = people as [Party, Party, Party];
    await ann.client.must('floor:request', { callId });
    await ben.client.must('floor:request', { callId });
    await mo.client.must('moderate:mute', { callId, participantId: ann.id });
    expect(await ann.client.event('floor:revoked')).toMatchObject({ reason: 'blocked' });
    await ben.client.event('floor:granted');
    await eventuallyHeard(callId, [ben.id]);
    expect(await ann.client.codeOf('floor:request', { callId })).toBe('blocked-by-moderator');
    await mo.client.must('moderate:remove', { callId, participantId: ben.id });
    await mo.client.event('floor:idle', ({ fence }) => fence > 0);
    await eventuallyHeard(callId, []);
  });

  test('a speaker whose connection is lost loses the floor within three seconds, unless they come back', async () => {
    const { callId, people } = await party([['ann'], ['ben']]);
    const [ann, ben] = people as [Party, Party];
    await ann.client.must('floor:request', { callId });
    await ben.client.must('floor:request', { callId });
    ann.client.socket.io.engine.close();
    const back = await stack.client(`${callId}-ann`);
    const resume = { participantId: ann.id, sessionId: ann.me.sessionId };
    const { floor } = await back.must('call:join', { callId, media, resume });
    expect(floor).toMatchObject({ holder: ann.id, queued: 1, remainingMs: expect.any(Number) });
    const since = performance.now();
    back.socket.io.engine.close();
    await ben.client.event('floor:granted');
    expect(performance.now() - since).toBeLessThan(3_000);
    await eventuallyHeard(callId, [ben.id]);
  });

  test.each(speakersDoors)(
    'a speaker whose process is killed, at %s: free within three seconds',
    async (door) => {
      const { callId, people } = await party([['ann']]);
      const [ann] = people as [Party];
      const sub = `${callId}-killed`;
      const token = signUserToken(userKey, { sub, name: sub, policy: pushToTalk }, 60);
      const kill = await startSpeaker(door, stack.gateway.url, token, callId);
      try {
        const { holder } = await ann.client.must('floor:request', { callId });
        expect(holder).not.toBe(ann.id);
      } finally {
        kill();
      }
      const since = performance.now();
      await ann.client.event('floor:granted');
      expect(performance.now() - since).toBeLessThan(3_000);
      await eventuallyHeard(callId, [ann.id]);
    },
  );

  test('a grant of which the call knows nothing, but the media server does: who has the floor is heard all the same', async () => {
    const { callId, people } = await party([['ann'], ['ben']]);
    const [ann, ben] = people as [Party, Party];
    const { fence = 0 } = await ann.client.must('floor:request', { callId });
    await eventuallyHeard(callId, [ann.id]);
    // As a gateway did whose write is lost: it is paused and resumed under a number that nothing else knows.
    const act = (what: 'pause' | 'resume', producerId: string) =>
      fetch(`${stack.media.url}/api/rooms/${callId}/producers/${producerId}/${what}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`,
          [FENCE_HEADER]: String(fence + 1),
        },
      });
    expect((await act('pause', ann.producerId)).status).toBe(200);
    expect((await act('resume', ben.producerId)).status).toBe(200);
    const again = await ann.client.event('floor:granted', (event) => event.fence > fence + 1);
    expect(again.remainingMs).toBeGreaterThan(0);
    await ben.client.event('floor:taken', (event) => event.fence === again.fence && event.holder === ann.id);
    await eventuallyHeard(callId, [ann.id]);
    expect(await ben.client.must('floor:request', { callId })).toMatchObject({ holder: ann.id });
  });

  test('there is none where everyone may speak, and it comes and goes with the policy', async () => {
    const callId = `floor-${String((calls += 1))}`;
    const ann = await join(callId, 'plain-ann', { policy: {}, grants: { moderate: true } });
    expect(ann.me.floor).toBeUndefined();
    for (const name of ['floor:request', 'floor:release'])
      expect(await ann.client.codeOf(name, { callId })).toBe('no-floor');
    const patch = (requires: string[]) => {
      const { auth } = ann.client.socket as unknown as { auth: { token: string } };
      return fetch(`${stack.gateway.url}/api/calls/${callId}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${auth.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ policy: { requires } }),
      });
    };
    expect((await patch(['push-to-talk'])).status).toBe(200);
    await ann.client.event('floor:idle');
    await ann.client.must('floor:request', { callId });
    expect((await patch([])).status).toBe(200);
    expect(await ann.client.event('floor:revoked')).toMatchObject({ reason: 'no-floor' });
    expect(await ann.client.codeOf('floor:request', { callId })).toBe('no-floor');

    const silent = await join(callId, 'silent', { grants: { publish: false } });
    await patch(['push-to-talk']);
    await silent.client.event('floor:idle');
    expect(await silent.client.codeOf('floor:request', { callId })).toBe('forbidden');
    expect(await ann.client.codeOf('floor:request', { callId, priority: 256 })).toBe('validation-failed');
    const stranger = await stack.client('stranger');
    expect(await stranger.codeOf('floor:request', { callId })).toBe('not-joined');
  });
});

(redisProgram === undefined ? describe.skip : describe)('at two gateways', () => {
  let redis: RedisServer;
  let second: Gateway;

  beforeAll(async () => {
    redis = await RedisServer.start();
    stack = await Stack.start({ ...UNLIMITED, REDIS_URL: redis.url });
    second = await startScriptedGateway({
      ...UNLIMITED,
      REDIS_URL: redis.url,
      MEDIA_SERVER_URLS: stack.media.url,
    });
  });
  afterAll(async () => {
    await second.close();
    await stack.close();
    await redis.stop();
  });

  test('fifty who press at one moment: one grant a round, and never two are heard', async () => {
    const { callId, people } = await party([['g0'], ['g1', {}, second.url], ['g2'], ['g3', {}, second.url]]);
    const all: Pick<Party, 'client' | 'id'>[] = [...people];
    for (let i = all.length; i < 50; i += 1)
      all.push(await join(callId, `c${String(i)}`, {}, i % 2 === 0 ? undefined : second.url));
    const watching = new AbortController();
    const samples: number[] = [];
    const watch = (async () => {
      while (!watching.signal.aborted) samples.push((await heard(callId)).length);
    })();
    watch.catch(() => undefined);
    const fences: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const answers = await Promise.all(
        all.map(({ client }) => persistently(client, 'floor:request', { callId, queue: false })),
      );
      const winners = all.filter((_, i) => answers[i]?.granted === true);
      expect(winners).toHaveLength(1);
      const { fence = 0 } = answers.find(({ granted }) => granted) ?? {};
      fences.push(fence);
      await Promise.all(
        winners.map(({ client }) => persistently(client, 'floor:release', { callId, fence })),
      );
    }
    // Two with microphones interrupt each other.
    for (const { client } of people) {
      await persistently(client, 'floor:request', { callId });
      await persistently(client, 'floor:release', { callId });
    }
    watching.abort();
    await watch;
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
    expect(Math.max(...samples)).toBeLessThanOrEqual(1);
    await eventuallyHeard(callId, []);
  });

  test('Redis loses its last writes: fences never go down, never two are heard, and who is heard has the floor', async () => {
    const { callId, people } = await party([
      ['ann'],
      ['ben', {}, second.url],
      ['cleo'],
      ['dan', {}, second.url],
    ]);
    const stopped = new AbortController();
    const samples: number[] = [];
    const watch = (async () => {
      while (!stopped.signal.aborted) {
        samples.push((await heard(callId)).length);
        await pause(10);
      }
    })();
    const press = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(
          people.map(async ({ client }) => {
            // Refused while Redis is away; and whoever has missed something has to come back, and resume.
            if (!client.socket.connected) return;
            await client.request('floor:request', { callId, queue: round % 2 === 0 }).catch(() => null);
            await client.request('floor:release', { callId }).catch(() => null);
          }),
        );
      }
    };
    for (let loss = 0; loss < 2; loss += 1) {
      await press(2);
      const pressing = press(4);
      await redis.kill();
      await pause(100);
      await redis.again('lost');
      await pressing;
      for (const { url } of [stack.gateway, second])
        expect(
          await soon(
            async () => (await fetch(`${url}/ready`)).status,
            (status) => status === 200,
          ),
        ).toBe(200);
    }
    const eve = await join(callId, 'eve');
    await send(eve, callId, 1);
    const [holder, flows] = await soon(
      async () => [(await eve.client.must('floor:request', { callId })).holder, await heard(callId)] as const,
      ([speaker, flowing]) => flowing.length === 1 && flowing[0] === speaker,
    );
    expect(flows).toEqual([holder]);
    stopped.abort();
    await watch;
    expect(samples.length).toBeGreaterThan(50);
    expect(Math.max(...samples)).toBe(1);
    for (const { client } of people) {
      const fences = client.events.flatMap(({ name, payload }) =>
        ['floor:granted', 'floor:taken', 'floor:idle'].includes(name)
          ? [(payload as { fence: number }).fence]
          : [],
      );
      expect(fences).toEqual([...fences].sort((a, b) => a - b));
    }
  });

  test('a gateway that is killed takes its speaker along; the other one goes on with the next', async () => {
    const doomed = await startGatewayProcess({
      ...UNLIMITED,
      REDIS_URL: redis.url,
      MEDIA_SERVER_URLS: stack.media.url,
    });
    try {
      const { callId, people } = await party([['ann'], ['ben', {}, doomed.url]]);
      const [ann, ben] = people as [Party, Party];
      await ben.client.must('floor:request', { callId });
      await ann.client.must('floor:request', { callId });
      await eventuallyHeard(callId, [ben.id]);
      doomed.signal('SIGKILL');
      await ann.client.event('floor:granted');
      await eventuallyHeard(callId, [ann.id]);
    } finally {
      await doomed.stop();
    }
  });
});
