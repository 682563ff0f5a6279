/** A gateway that stops while many are connected to it: it hands its calls over, not its people one by one. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { openServer } from '../../../gateway/src/store/database.ts';
import type { Records } from '../../../gateway/src/store/records.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { PostgresqlServer, postgresqlPrograms } from './postgresql.ts';
import { RedisServer, redisProgram } from './redis.ts';
import { ScriptedClient } from './scripted-client.ts';
import { Stack, userKey } from './stack.ts';

/** `STOP_CALLS=250` makes it a thousand people. */
const CALLS = Number(process.env['STOP_CALLS'] ?? 25);

jest.setTimeout(120_000 + CALLS * 1_000);

const PEOPLE = 4;
/** What operates services waits for ten seconds. */
const STOP_LIMIT_MS = 8_000;
const SETTINGS = {
  P2P_MAX_PARTICIPANTS: '8',
  MESH_MAX_PARTICIPANTS: '8',
  MAX_USERS_PER_ADDRESS: '2000',
  LOG_LEVEL: 'info',
};
const media = { audio: true, video: true, screen: false };

const there = redisProgram !== undefined && postgresqlPrograms !== undefined;

(there ? describe : describe.skip)('a gateway that stops', () => {
  let redis: RedisServer;
  let database: PostgresqlServer;
  let records: Records;
  let stack: Stack;
  beforeAll(async () => {
    redis = await RedisServer.start();
    database = await PostgresqlServer.start(postgresqlPrograms ?? '');
    records = await openServer(database.url);
    stack = await Stack.start({ ...SETTINGS, REDIS_URL: redis.url });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await stack.close();
    await records.close();
    await database.stop();
    await redis.stop();
  });

  const clients: ScriptedClient[] = [];
  const person = async (url: string, name: string) => {
    const client = await ScriptedClient.connect(url, signUserToken(userKey, { sub: name, name }, 600));
    clients.push(client);
    return client;
  };
  const fill = async (url: string): Promise<void> => {
    for (let call = 0; call < CALLS; call += 1) {
      const people = await Promise.all(
        Array.from({ length: PEOPLE }, (_, n) => person(url, `c${String(call)}-${String(n)}`)),
      );
      await Promise.all(
        people.map((client) => client.must('call:join', { callId: `call-${String(call)}`, media })),
      );
    }
  };
  /** Of how many people it is recorded that their connection is over, and of how many that it began. */
  const connections = async () => {
    let [begun, ended] = [0, 0];
    for (let call = 0; call < CALLS; call += 1) {
      const { participants = [] } = (await records.find(`call-${String(call)}`)) ?? {};
      for (const { sessions } of participants) {
        begun += sessions.length;
        ended += sessions.filter(({ disconnectedAt }) => disconnectedAt !== null).length;
      }
    }
    return { begun, ended };
  };
  const scriptsRun = async () => {
    const stats = String(await redis.command('INFO', 'commandstats'));
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
  };

  test('among several: one write a call, and the others know whom to wait for', async () => {
    const gateway = await startGatewayProcess({
      ...SETTINGS,
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      MEDIA_SERVER_URLS: stack.media.url,
    });
    const watcher = await stack.client('watcher');
    await fill(gateway.url);
    const joined = await watcher.must('call:join', { callId: 'call-0', media });
    const before = await scriptsRun();
    const since = performance.now();
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    const tookMs = performance.now() - since;
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
    // Whose connections these were is on record; the calls go on.
    expect(await connections()).toEqual({ begun: CALLS * PEOPLE, ended: CALLS * PEOPLE });
    expect(await records.unfinished(null, CALLS + 1)).toHaveLength(CALLS);
    if (process.env['STOP_CALLS'] !== undefined)
      process.stdout.write(`stopped with ${String(CALLS * PEOPLE)} people in ${tookMs.toFixed(0)} ms\n`);
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
