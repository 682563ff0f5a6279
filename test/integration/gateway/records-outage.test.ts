/** PostgreSQL goes away under running calls and comes back: nothing is lost, nothing is there twice, nobody notices. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { CallAnswer } from '@crossfade/shared/gateway-api';
import pg from 'pg';
import type { Gateway } from '../../../gateway/src/app.ts';
import { openServer } from '../../../gateway/src/store/database.ts';
import { PostgresqlServer, postgresqlPrograms } from './postgresql.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { startScriptedGateway, userKey } from './stack.ts';

const media = { audio: true, video: true, screen: false };
const CALLS = 20;
/** R16: after the database is back everything is in it within this time. */
const CATCH_UP_MS = 30_000;

const onServer = postgresqlPrograms === undefined ? describe.skip : describe;

onServer('a PostgreSQL server (sudo apt-get install postgresql) that is killed', () => {
  let server: PostgresqlServer;
  let gateway: Gateway;
  const clients: ScriptedClient[] = [];

  beforeAll(async () => {
    server = await PostgresqlServer.start(postgresqlPrograms ?? '');
    // Nobody listens there: these calls are peer-to-peer.
    gateway = await startScriptedGateway({ MEDIA_SERVER_URLS: 'http://127.0.0.1:9' }, () =>
      openServer(server.url),
    );
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await gateway.close();
    await server.stop();
  });

  async function person(name: string): Promise<ScriptedClient> {
    const token = signUserToken(userKey, { sub: name, name, grants: { moderate: true } }, 120);
    const client = await ScriptedClient.connect(gateway.url, token);
    clients.push(client);
    return client;
  }

  async function get(path: string): Promise<{ status: number; body: unknown; ms: number }> {
    const token = signUserToken(userKey, { sub: 'api', name: 'api', grants: { moderate: true } }, 60);
    const began = performance.now();
    const answer = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, body: await answer.json(), ms: performance.now() - began };
  }

  test('keeps all records of the calls that began, were talked in and ended meanwhile', async () => {
    const [anna, ben] = [await person('anna'), await person('ben')];
    const idOf = (n: number) => `outage-${n}`;
    const join = (n: number) =>
      Promise.all([anna, ben].map((each) => each.must('call:join', { callId: idOf(n), media })));
    const say = (by: ScriptedClient, n: number, text: string) =>
      by.must('chat:send', { callId: idOf(n), text, clientMessageId: text });
    // A third of the calls is there before.
    const early = Math.floor(CALLS / 3);
    for (let n = 0; n < early; n += 1) await join(n);
    await say(anna, 0, 'before');
    await soon(
      () => get(`/api/calls/${idOf(early - 1)}`),
      ({ status }) => status === 200,
    );

    await server.kill();
    for (let n = early; n < CALLS; n += 1) await join(n);
    await say(ben, 0, 'meanwhile');
    await say(anna, CALLS - 1, 'meanwhile');
    const history = await ben.must('chat:history', { callId: idOf(0) });
    expect(history.messages.map(({ text }) => text)).toEqual(['before', 'meanwhile']);
    for (let n = 0; n < CALLS - 1; n += 1)
      for (const each of [anna, ben]) await each.must('call:leave', { callId: idOf(n) });
    for (const path of ['/api/calls', `/api/calls/${idOf(0)}`]) {
      const { status, body, ms } = await get(path);
      expect([status, body]).toMatchObject([503, { code: 'records-unavailable', retryable: true }]);
      expect(ms).toBeLessThan(5_000);
    }
    expect((await get(`/api/calls/${idOf(CALLS - 1)}/decisions`)).status).toBe(200);

    await server.restart();
    const back = performance.now();
    const last = await soon(
      () => get(`/api/calls/${idOf(CALLS - 2)}`),
      ({ status, body }) => status === 200 && (body as CallAnswer).endedAt !== null,
      CATCH_UP_MS,
    );
    expect(last.status).toBe(200);
    expect(performance.now() - back).toBeLessThan(CATCH_UP_MS);
    for (let n = 0; n < CALLS - 1; n += 1) {
      const { body } = await get(`/api/calls/${idOf(n)}`);
      const person = { leaveReason: 'left', sessions: [{ reason: 'left' }] };
      expect(body).toMatchObject({ peakParticipants: 2, live: null, participants: [person, person] });
      expect((body as CallAnswer).endedAt).not.toBeNull();
    }
    expect((await get(`/api/calls/${idOf(CALLS - 1)}`)).body).toMatchObject({
      endedAt: null,
      participants: [{ leftAt: null }, { leftAt: null }],
    });

    // Nothing twice, seen from inside.
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const count = async (table: string) => {
      const { rows } = await client.query<{ count: string }>(`select count(*) from ${table}`);
      return Number(rows[0]?.count);
    };
    expect(await count('calls')).toBe(CALLS);
    expect(await count('participants')).toBe(2 * CALLS);
    expect(await count('sessions')).toBe(2 * CALLS);
    expect(await count('chat_messages')).toBe(3);
    await client.end();
  });
});
