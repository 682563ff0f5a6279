/** Calls whose gateways died for good: their records come to an end all the same, once. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { signUserToken } from '@crossfade/service/tokens';
import type { RecordEntry } from '../../../gateway/src/calls/events.ts';
import type { CallState } from '../../../gateway/src/calls/state.ts';
import { AbandonedCalls } from '../../../gateway/src/store/abandoned.ts';
import { openEmbedded, openServer } from '../../../gateway/src/store/database.ts';
import type { Records } from '../../../gateway/src/store/records.ts';
import { startGatewayProcess } from './gateway-process.ts';
import { PostgresqlServer, postgresqlPrograms } from './postgresql.ts';
import { RedisServer, redisProgram } from './redis.ts';
import { ScriptedClient } from './scripted-client.ts';
import { soon } from './soon.ts';
import { startScriptedGateway, userKey } from './stack.ts';

jest.setTimeout(90_000);

const AFTER_MS = 300;
const START = Date.parse('2026-01-01T00:00:00.000Z');

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const started = (callId: string): RecordEntry[] => [
  { type: 'call-started', recordId: `record-${callId}`, callId, at: START },
  {
    type: 'participant-joined',
    recordId: `record-${callId}`,
    participantId: `p-${callId}`,
    userId: 'u',
    displayName: 'U',
    at: START,
    participants: 1,
  },
];

test('calls that the store has lost are ended after a while, those that run are not; a real end that comes late counts', async () => {
  const records = await openEmbedded(undefined);
  stops.push(() => records.close());
  await records.write(['runs', 'lost', 'next', 'late'].flatMap(started));
  const running = new Map([
    ['runs', 'record-runs'],
    // Another call that has its id.
    ['next', 'record-of-the-next'],
  ]);
  const store = {
    load: (callId: string) => {
      const recordId = running.get(callId);
      const state = { callId, recordId } as CallState;
      return Promise.resolve(
        recordId === undefined ? { state: null, version: null, epoch: 0 } : { state, version: 1 },
      );
    },
  };
  let now = START + 5_000;
  const looks = [0, 1].map(
    () => new AbandonedCalls({ records, store, log: silentLog, now: () => now, afterMs: AFTER_MS }),
  );
  const look = () => Promise.all(looks.map((one) => one.look()));
  const ends = async (callId: string) => (await records.find(callId))?.endedAt ?? null;
  await look();
  expect(await Promise.all(['runs', 'lost', 'next', 'late'].map(ends))).toEqual([null, null, null, null]);
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  await look();
  const ended = new Date(START + 5_000).toISOString();
  expect(await Promise.all(['runs', 'lost', 'next', 'late'].map(ends))).toEqual([null, ended, ended, ended]);
  expect(await records.find('lost')).toMatchObject({
    participants: [{ leftAt: ended, leaveReason: 'gateway-ended' }],
  });
  now += 60_000;
  await look();
  expect(await ends('lost')).toBe(ended);
  await records.write([{ type: 'call-ended', recordId: 'record-late', at: START + 4_000, decisions: [] }]);
  expect(await ends('late')).toBe(new Date(START + 4_000).toISOString());
});

const there = redisProgram !== undefined && postgresqlPrograms !== undefined;

(there ? describe : describe.skip)('a call whose gateway is killed, and whose people never come back', () => {
  test('is ended by one of those that are left', async () => {
    const database = await PostgresqlServer.start(postgresqlPrograms ?? '');
    stops.push(() => database.stop());
    const redis = await RedisServer.start();
    stops.push(() => redis.stop());
    const settings = {
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
      RESUME_WINDOW_MS: '500',
    };
    const open = (): Promise<Records> => openServer(database.url);
    const records = await open();
    stops.push(() => records.close());
    const dies = await startGatewayProcess(settings);
    stops.push(() => dies.stop());
    for (let n = 0; n < 2; n += 1) {
      const stays = await startScriptedGateway(settings, open);
      stops.push(() => stays.close());
    }
    for (const name of ['ann', 'ben']) {
      const client = await ScriptedClient.connect(dies.url, signUserToken(userKey, { sub: name, name }, 60));
      stops.push(() => client.close());
      await client.must('call:join', { callId: 'call', media: { audio: true, video: false, screen: false } });
    }
    await soon(
      () => records.find('call'),
      (call) => call?.participants.length === 2,
    );
    dies.signal('SIGKILL');
    const ended = await soon(
      () => records.find('call'),
      (call) => (call?.endedAt ?? null) !== null,
      40_000,
    );
    expect(ended?.endedAt).not.toBeNull();
    expect(ended?.participants.map(({ leaveReason }) => leaveReason)).toEqual([
      'connection-lost',
      'connection-lost',
    ]);
    expect((await records.list({ limit: 10 })).calls).toHaveLength(1);
    expect(await records.unfinished(null, 10)).toEqual([]);
    expect(await redis.command('EXISTS', 'crossfade:call:call')).toBe(0);
  });
});

(there ? describe : describe.skip)('a gateway that starts while Redis does not know of any call', () => {
  test('does not end the records of calls that another one is about to give back', async () => {
    const database = await PostgresqlServer.start(postgresqlPrograms ?? '');
    stops.push(() => database.stop());
    const redis = await RedisServer.start();
    stops.push(() => redis.stop());
    const settings = {
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
    };
    const records = await openServer(database.url);
    stops.push(() => records.close());
    const knows = await startGatewayProcess(settings);
    stops.push(() => knows.stop());
    const client = await ScriptedClient.connect(
      knows.url,
      signUserToken(userKey, { sub: 'ann', name: 'ann' }, 60),
    );
    stops.push(() => client.close());
    await client.must('call:join', { callId: 'call', media: { audio: true, video: false, screen: false } });
    await soon(
      () => records.find('call'),
      (call) => call?.participants.length === 1,
    );

    // It is long in finding that Redis is back, and empty.
    knows.signal('SIGSTOP');
    await redis.kill();
    await redis.again('lost');
    const starts = await startScriptedGateway(settings, () => openServer(database.url));
    stops.push(() => starts.close());
    expect(await records.unfinished(null, 10)).toMatchObject([{ callId: 'call' }]);

    knows.signal('SIGCONT');
    const given = await soon(
      () => redis.command('EXISTS', 'crossfade:call:call'),
      (exists) => exists === 1,
    );
    expect(given).toBe(1);
    expect(await records.unfinished(null, 10)).toMatchObject([{ callId: 'call' }]);
    // It may have been sent away to come back, having been away itself.
    const again = await ScriptedClient.connect(
      starts.url,
      signUserToken(userKey, { sub: 'ann', name: 'ann' }, 60),
    );
    stops.push(() => again.close());
    await again.must('call:join', { callId: 'call', media: { audio: true, video: false, screen: false } });
    await again.must('call:leave', { callId: 'call' });
    const ended = await soon(
      () => records.find('call'),
      (call) => (call?.endedAt ?? null) !== null,
    );
    expect(ended?.participants.map(({ leaveReason }) => leaveReason)).not.toContain('gateway-ended');
    expect((await records.list({ limit: 10 })).calls).toHaveLength(1);
  });
});
