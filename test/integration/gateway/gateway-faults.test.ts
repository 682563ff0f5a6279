/** What breaks among several gateways, really done: kill -9, SIGSTOP, a Redis that goes away with and without its data. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Gateway } from '../../../gateway/src/app.ts';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { startOwnTime } from '../own-time.ts';
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { dtlsParameters, opus } from './media.ts';
import { RedisServer, redisProgram } from './redis.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { Stack, startScriptedGateway } from './stack.ts';

jest.setTimeout(120_000);

const media = { audio: true, video: true, screen: false };
const SETTINGS = { BACK_TO_P2P_DELAY_MS: '200', SWITCH_TIMEOUT_MS: '6000', RESUME_WINDOW_MS: '20000' };
/** Control is back within this time, milliseconds. */
const CONTROL_LIMIT_MS = 3_000;

interface Party {
  client: ScriptedClient;
  me: JoinAnswer;
}

let redis: RedisServer;
/** Its gateway is in this process: the one that stays. */
let stack: Stack;

async function join(callId: string, name: string, url: string, resume?: JoinAnswer): Promise<Party> {
  const client = await stack.client(name, {}, url);
  const proof = resume && { participantId: resume.participantId, sessionId: resume.sessionId };
  return { client, me: await client.must('call:join', { callId, media, ...(proof && { resume: proof }) }) };
}

async function confirm(callId: string, people: readonly Party[], epoch: number): Promise<void> {
  for (const { client } of people) {
    const { transitionId } = await client.phase('prepare', (message) => message.epoch === epoch);
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  await Promise.all(people.map(({ client }) => client.phase('commit', (message) => message.epoch === epoch)));
}

async function produce({ client }: Party, callId: string, epoch: number, ssrc: number): Promise<string> {
  const { id } = await client.must('media:create-transport', { callId, epoch, direction: 'send' });
  await client.must('media:connect-transport', { callId, epoch, transportId: id, dtlsParameters });
  const rtpParameters = opus(ssrc);
  const request = {
    callId,
    epoch,
    transportId: id,
    kind: 'audio',
    source: 'microphone',
    rtpParameters,
  } as const;
  return (await client.must('media:produce', request)).id;
}

function disconnected({ client }: Party): Promise<unknown> {
  return new Promise((resolve) => client.socket.once('disconnect', resolve));
}

/** Asks until it is as it should be; tells how long that took, milliseconds. */
async function eventually(holds: () => Promise<boolean> | boolean, limitMs: number): Promise<number> {
  const since = performance.now();
  while (!(await holds())) {
    if (performance.now() - since > limitMs) throw new Error('it did not come about');
    await setTimeout(20);
  }
  return performance.now() - since;
}

(redisProgram === undefined ? describe.skip : describe)('several gateways', () => {
  let other: GatewayProcess;

  beforeAll(async () => {
    redis = await RedisServer.start();
    stack = await Stack.start({ ...SETTINGS, REDIS_URL: redis.url });
    other = await startGatewayProcess(settings());
  });
  afterAll(async () => {
    await other.stop();
    await stack.close();
    await redis.stop();
  });

  const settings = () => ({ ...SETTINGS, REDIS_URL: redis.url, MEDIA_SERVER_URLS: stack.media.url });
  /** One person at the gateway that stays, two at another one, on the media server. */
  const running = async (callId: string, { url }: { url: string }) => {
    const people = [
      await join(callId, 'anna', stack.gateway.url),
      await join(callId, 'ben', url),
      await join(callId, 'carl', url),
    ] as [Party, Party, Party];
    await confirm(callId, people, 1);
    return people;
  };

  test.each(['kept', 'lost'] as const)('Redis dies, and comes back with its data %s', async (data) => {
    const callId = `with-data-${data}`;
    const second = await startScriptedGateway(settings());
    const [anna, ben, carl] = await running(callId, second);
    const voice = await produce(anna, callId, 1, 1);
    await redis.kill();

    const newcomer = await stack.client('newcomer');
    const took = startOwnTime();
    expect(await newcomer.codeOf('call:join', { callId: `new-${data}`, media })).toBe(
      'call-store-unavailable',
    );
    expect(took()).toBeLessThan(300);
    const ready = async () => (await fetch(`${stack.gateway.url}/ready`)).status;
    expect(await ready()).toBe(503);
    // What runs goes on: media at both gateways, and signals between people at the same one.
    for (const { client } of [ben, carl])
      await client.event('new-producer', ({ producerId }) => producerId === voice);
    expect(
      await anna.client.codeOf('media:pause-producer', { callId: callId, epoch: 1, producerId: voice }),
    ).toBe('ok');
    await carl.client.event('producer-paused');
    expect(await anna.client.codeOf('call:update', { callId: callId, media })).toBe('call-store-unavailable');
    // Nobody tells this again.
    carl.client.close();

    await redis.again(data);
    const backMs = await eventually(
      async () => (await newcomer.codeOf('call:join', { callId: `new-${data}`, media })) === 'ok',
      5_000,
    );
    expect(backMs).toBeLessThan(3_000);
    expect(await ready()).toBe(200);
    await anna.client.event(
      'call:participant-updated',
      ({ participant }) => participant.participantId === carl.me.participantId && !participant.connected,
    );
    const late = await join(callId, 'dora', second.url);
    expect(late.me).toMatchObject({ mode: 'sfu', epoch: 1 });
    expect(late.me.participants.map(({ participantId }) => participantId)).toEqual(
      [anna, ben, carl, late].map(({ me }) => me.participantId),
    );
    expect(late.me.sfu?.producers).toMatchObject([{ producerId: voice, paused: true }]);
    await ben.client.must('call:update', { callId: callId, media: { ...media, video: false } });
    await anna.client.event(
      'call:participant-updated',
      ({ participant }) => participant.participantId === ben.me.participantId && !participant.media.video,
    );
    for (const { client } of [anna, ben]) {
      const lost = client.events.filter(
        ({ name, payload }) =>
          name === 'call:participant-updated' &&
          !(payload as { participant: { connected: boolean } }).participant.connected,
      );
      expect(lost).toHaveLength(1);
    }
    await second.close();
  });

  test('Redis hangs: whoever sends people to a gateway is told within moments, and when it goes on', async () => {
    const answer = async () =>
      (await fetch(`${stack.gateway.url}/ready`)).json() as Promise<{ ready: boolean }>;
    expect(await answer()).toMatchObject({ ready: true, checks: { callStore: true } });
    redis.signal('SIGSTOP');
    try {
      const isReady = async () => (await answer()).ready;
      await eventually(async () => !(await isReady()), CONTROL_LIMIT_MS);
      expect(await answer()).toMatchObject({ ready: false, checks: { callStore: false } });
      redis.signal('SIGCONT');
      await eventually(isReady, CONTROL_LIMIT_MS);
    } finally {
      redis.signal('SIGCONT');
    }
  });

  test('restarted one after the other, they drop no call', async () => {
    const calls = ['a', 'b', 'c', 'd'];
    let old: Gateway = await startScriptedGateway(settings());
    let people = await Promise.all(
      calls.map(async (callId) => [await join(callId, 'one', old.url), await join(callId, 'two', old.url)]),
    );
    for (let restart = 0; restart < 2; restart += 1) {
      const next = await startScriptedGateway(settings());
      const gone = people.flat().map((person) => disconnected(person));
      const stopped = old.close();
      await Promise.all(gone);
      people = await Promise.all(
        calls.map((callId, i) =>
          Promise.all(
            (people[i] ?? []).map(({ me }, n) => join(callId, n === 0 ? 'one' : 'two', next.url, me)),
          ),
        ),
      );
      await stopped;
      old = next;
    }
    for (const [i, callId] of calls.entries()) {
      const [one, two] = people[i] as [Party, Party];
      expect(one.me.participants).toHaveLength(2);
      const signal = {
        callId,
        to: two.me.participantId,
        epoch: 0,
        description: { type: 'offer', sdp: 'v=0' },
      };
      await one.client.must('call:signal', signal as never);
      await two.client.event('call:signal');
    }
    await old.close();
  });

  test('one that hangs for longer than its lease: its people are missed, and when it goes on they resume', async () => {
    const [anna, ben] = await running('hanging', other);
    const isBen = ({ participantId }: { participantId: string }) => participantId === ben.me.participantId;
    other.signal('SIGSTOP');
    await anna.client.event(
      'call:participant-updated',
      ({ participant }) => isBen(participant) && !participant.connected,
    );
    // Decided without it, while its people still believe to be connected.
    await anna.client.must('call:update', { callId: 'hanging', media: { ...media, audio: false } });
    // By then the media server has closed its feed.
    await setTimeout(2_000);
    const said = other.output().length;
    const gone = disconnected(ben);
    other.signal('SIGCONT');
    await gone;
    const back = await join('hanging', 'ben', other.url, ben.me);
    expect(back.me).toMatchObject({ participantId: ben.me.participantId, mode: 'sfu', epoch: 1 });
    expect(back.me.participants.find((other) => !isBen(other) && !other.media.audio)).toBeDefined();
    await anna.client.event(
      'call:participant-updated',
      ({ participant }) => isBen(participant) && participant.connected,
    );
    // What it missed meanwhile is not held against the media server: new calls get there at the first attempt.
    const [newcomer] = await running('after-hanging', other);
    expect(newcomer.client.count('call:mode-switch')).toBe(2);
    expect(other.output().slice(said)).not.toContain('media server');
  });

  test('one that is killed: its people resume at the other one, and who does not is missed', async () => {
    const [anna, ben, carl] = await running('killed', other);
    const voice = await produce(ben, 'killed', 1, 1);
    await anna.client.event('new-producer', ({ producerId }) => producerId === voice);

    const gone = disconnected(ben);
    const since = performance.now();
    other.signal('SIGKILL');
    await gone;
    const back = await join('killed', 'ben', stack.gateway.url, ben.me);
    expect(performance.now() - since).toBeLessThan(CONTROL_LIMIT_MS);
    expect(back.me).toMatchObject({
      participantId: ben.me.participantId,
      sessionId: ben.me.sessionId,
      mode: 'sfu',
      epoch: 1,
    });
    // What it sent before is still there: nothing was interrupted.
    expect(back.me.sfu?.producers).toMatchObject([{ producerId: voice }]);
    const lost = await anna.client.event(
      'call:participant-updated',
      ({ participant }) => !participant.connected && participant.participantId === carl.me.participantId,
    );
    expect(lost.participant.participantId).toBe(carl.me.participantId);
    expect(anna.client.count('producer-closed')).toBe(0);
    expect(anna.client.count('call:mode-switch')).toBe(2);
  });
});
