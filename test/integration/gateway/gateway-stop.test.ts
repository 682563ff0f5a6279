/** A gateway that stops while many are connected to it: it hands its calls over, not its people one by one. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startGatewayProcess } from './gateway-process.ts';
import { RedisServer, redisProgram } from './redis.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { Stack } from './stack.ts';

jest.setTimeout(120_000);

const CALLS = 25;
const PEOPLE = 4;
/** What operates services waits for ten seconds. */
const STOP_LIMIT_MS = 8_000;
const SETTINGS = { P2P_MAX_PARTICIPANTS: '8', MESH_MAX_PARTICIPANTS: '8', LOG_LEVEL: 'info' };
const media = { audio: true, video: true, screen: false };

(redisProgram === undefined ? describe.skip : describe)('a gateway that stops', () => {
  let redis: RedisServer;
  let stack: Stack;
  beforeAll(async () => {
    redis = await RedisServer.start();
    stack = await Stack.start({ ...SETTINGS, REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await stack.close();
    await redis.stop();
  });

  const fill = async (url: string): Promise<ScriptedClient[]> => {
    const all: ScriptedClient[] = [];
    for (let call = 0; call < CALLS; call += 1) {
      const people = await Promise.all(
        Array.from({ length: PEOPLE }, (_, n) => stack.client(`c${String(call)}-${String(n)}`, {}, url)),
      );
      await Promise.all(
        people.map((client) => client.must('call:join', { callId: `call-${String(call)}`, media })),
      );
      all.push(...people);
    }
    return all;
  };
  const scriptsRun = async () => {
    const stats = String(await redis.command('INFO', 'commandstats'));
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
  };

  test('among several: one write a call, and the others know whom to wait for', async () => {
    const gateway = await startGatewayProcess({
      ...SETTINGS,
      REDIS_URL: redis.url,
      MEDIA_SERVER_URLS: stack.media.url,
    });
    const watcher = await stack.client('watcher');
    await fill(gateway.url);
    const joined = await watcher.must('call:join', { callId: 'call-0', media });
    const before = await scriptsRun();
    const since = performance.now();
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(performance.now() - since).toBeLessThan(STOP_LIMIT_MS);
    // A look and a write a call; presence and sweeps of two gateways besides.
    expect((await scriptsRun()) - before).toBeLessThan(CALLS * 3 + 60);
    expect(gateway.output()).not.toMatch(/error|not handled/i);
    for (const { participantId } of joined.participants) {
      if (participantId === joined.participantId) continue;
      await watcher.event(
        'call:participant-updated',
        ({ participant }) => participant.participantId === participantId && !participant.connected,
      );
    }
    await gateway.stop();
  });

  test('alone: at once', async () => {
    const gateway = await startGatewayProcess({ ...SETTINGS, MEDIA_SERVER_URLS: stack.media.url });
    await fill(gateway.url);
    const since = performance.now();
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(performance.now() - since).toBeLessThan(STOP_LIMIT_MS);
    expect(gateway.output()).not.toMatch(/error|not handled|lost/i);
    await gateway.stop();
  });
});
