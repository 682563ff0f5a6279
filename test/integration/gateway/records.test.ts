/** The records, the same on the embedded PostgreSQL and on a real server. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import pg from 'pg';
import type { Decision } from '@crossfade/shared/decisions';
import type { RecordEntry } from '../../../gateway/src/calls/events.ts';
import { openEmbedded, openServer } from '../../../gateway/src/store/database.ts';
import { Outbox } from '../../../gateway/src/store/outbox.ts';
import type { Records } from '../../../gateway/src/store/records.ts';
import { PostgresqlServer, postgresqlPrograms } from './postgresql.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (ms: number) => new Date(START + ms).toISOString();

const nothingElse = { sessions: [], transports: [], producers: [] };

function sessionOf(recordId: string, at: number, connection = 1): RecordEntry {
  const participantId = `${recordId}-a`;
  return {
    type: 'session-connected',
    recordId,
    participantId,
    connectionId: `${participantId}/${connection}`,
    sessionHash: 'hash',
    gatewayId: 'gateway',
    at,
    clientInfo: { sdk: 'sdk', browser: 'NUL \0 and half a \ud83d' },
  };
}

const decision: Decision = {
  at: new Date(0).toISOString(),
  epoch: 1,
  phase: 'sfu',
  target: 'sfu',
  rule: 'above-limit',
  inputs: { participants: 3 },
};

function suite(open: () => Promise<Records>): void {
  let records: Records;

  beforeAll(async () => {
    records = await open();
  });
  afterAll(() => records.close());

  const story = (recordId: string, callId: string, at: number): RecordEntry[] => {
    const transitionId = `${recordId}:1`;
    const joined = { type: 'participant-joined', recordId, userId: 'u', displayName: 'Änne "☎"' } as const;
    return [
      { type: 'call-started', recordId, callId, at },
      { ...joined, participantId: `${recordId}-a`, at, participants: 1 },
      { ...joined, participantId: `${recordId}-b`, at: at + 10, participants: 2 },
      {
        type: 'transition-started',
        recordId,
        transitionId,
        from: 'p2p',
        to: 'sfu',
        reason: 'participants-above-limit',
        initiator: `${recordId}-b`,
        epoch: 1,
        at: at + 20,
      },
      { type: 'transition-room', transitionId, sfuRoomId: callId, rtpCapabilities: { codecs: [] } },
      {
        type: 'transition-ended',
        transitionId,
        to: 'sfu',
        reason: 'participants-above-limit',
        outcome: 'committed',
        abortReason: null,
        at: at + 250,
        durationMs: 230,
      },
      { type: 'transition-gap', transitionId, gapMs: 40 },
      { type: 'transition-gap', transitionId, gapMs: 20 },
      { type: 'participant-left', recordId, participantId: `${recordId}-a`, at: at + 300, reason: 'left' },
      { type: 'participant-left', recordId, participantId: `${recordId}-b`, at: at + 400, reason: 'left' },
      { type: 'call-ended', recordId, at: at + 400, decisions: [decision] },
    ];
  };

  test('tell a call from beginning to end, however often a fact is written', async () => {
    for (const entry of story('r1', 'call', START)) {
      await records.write([entry]);
      await records.write([entry]);
    }
    expect(await records.find('call')).toEqual({
      callId: 'call',
      recordId: 'r1',
      startedAt: iso(0),
      endedAt: iso(400),
      peakParticipants: 2,
      participants: [
        {
          participantId: 'r1-a',
          userId: 'u',
          displayName: 'Änne "☎"',
          joinedAt: iso(0),
          leftAt: iso(300),
          leaveReason: 'left',
          ...nothingElse,
        },
        {
          participantId: 'r1-b',
          userId: 'u',
          displayName: 'Änne "☎"',
          joinedAt: iso(10),
          leftAt: iso(400),
          leaveReason: 'left',
          ...nothingElse,
        },
      ],
      transitions: [
        {
          transitionId: 'r1:1',
          from: 'p2p',
          to: 'sfu',
          reason: 'participants-above-limit',
          initiator: 'r1-b',
          epoch: 1,
          startedAt: iso(20),
          durationMs: 230,
          outcome: 'committed',
          abortReason: null,
          sfuRoomId: 'call',
          rtpCapabilities: { codecs: [] },
          maxGapMs: 40,
        },
      ],
    });
    expect(await records.find('another')).toBeNull();
    expect(await records.decisions('call')).toEqual([decision]);
    expect(await records.decisions('another')).toBeNull();
  });

  test('give the newest call of an id, and all of them page by page', async () => {
    for (let n = 2; n <= 6; n += 1) {
      // Two at the same moment: the pages do not lose or repeat one.
      await records.write(story(`r${n}`, 'again', START + 1_000 * Math.floor(n / 2)));
    }
    expect((await records.find('again'))?.recordId).toBe('r6');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await records.list({ limit: 2, cursor });
      seen.push(...page.calls.map(({ recordId }) => recordId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1']);
  });

  test('what a gateway left unfinished is closed', async () => {
    const [started, joined, , transition] = story('r9', 'cut', START + 9_000);
    const session = sessionOf('r9', START + 9_000);
    await records.write([started, joined, transition, session].filter((entry) => entry !== undefined));
    // A call that goes on at another gateway, and one that begins just now, are nobody's leftovers.
    await records.closeUnfinished(START + 10_000, ['r9']);
    await records.closeUnfinished(START + 9_000, []);
    expect(await records.find('cut')).toMatchObject({ endedAt: null, participants: [{ leftAt: null }] });
    await records.closeUnfinished(START + 10_000, ['another']);
    expect(await records.find('cut')).toMatchObject({
      endedAt: iso(10_000),
      participants: [
        {
          leftAt: iso(10_000),
          leaveReason: 'gateway-ended',
          sessions: [{ disconnectedAt: iso(10_000), reason: 'gateway-ended' }],
        },
      ],
      transitions: [{ outcome: 'aborted', abortReason: 'call-ended' }],
    });
    expect((await records.find('call'))?.endedAt).toBe(iso(400));
  });

  test('tell what each participant had: connections, transports, producers', async () => {
    const [recordId, at] = ['s1', START + 20_000];
    const made = { recordId, participantId: 's1-a', transportId: 't1' };
    const connectionId = 's1-a/1';
    const entries: RecordEntry[] = [
      ...story(recordId, 'sessions', at),
      sessionOf(recordId, at),
      { type: 'session-disconnected', recordId, participantId: 's1-a', connectionId, at: at + 50 },
      sessionOf(recordId, at + 60, 2),
      sessionOf(recordId, at + 70, 3),
      { type: 'transport-created', ...made, direction: 'send', at: at + 30 },
      {
        type: 'producer-created',
        ...made,
        producerId: 'p1',
        kind: 'audio',
        source: 'microphone',
        at: at + 40,
      },
    ];
    await records.write(entries);
    const told = (await records.find('sessions'))?.participants[0];
    const since = (ms: number) => iso(20_000 + ms);
    const common = {
      gatewayId: 'gateway',
      clientInfo: { sdk: 'sdk', browser: 'NUL \ufffd and half a \ufffd' },
    };
    expect(told).toMatchObject({
      sessions: [
        {
          ...common,
          connectionId,
          connectedAt: since(0),
          disconnectedAt: since(50),
          reason: 'connection-lost',
        },
        { ...common, connectedAt: since(60), disconnectedAt: since(70), reason: 'replaced' },
        { ...common, connectedAt: since(70), disconnectedAt: since(300), reason: 'left' },
      ],
      transports: [{ transportId: 't1', direction: 'send', createdAt: since(30) }],
      producers: [{ producerId: 'p1', transportId: 't1', kind: 'audio', source: 'microphone' }],
    });
    expect(JSON.stringify(told)).not.toContain('hash');

    // Several gateways write what each knows, at their own pace; and whatever may have been lost is written again.
    const shuffled = (n: number, recordOf: string) =>
      entries
        .map((entry, i) => ({ entry, key: (i * 7 + n * 5) % entries.length }))
        .sort((a, b) => a.key - b.key)
        .map(({ entry }) => JSON.parse(JSON.stringify(entry).replaceAll('s1', recordOf)) as RecordEntry)
        .map((entry) => (entry.type === 'call-started' ? { ...entry, callId: recordOf } : entry));
    for (const n of [1, 2, 3]) {
      const recordOf = `s1x${n}`;
      const order = shuffled(n, recordOf);
      for (const entry of order) await records.write([entry]);
      await records.write(order);
      const again = JSON.stringify(await records.find(recordOf))
        .replaceAll(recordOf, 's1')
        .replace('"callId":"s1"', '"callId":"sessions"');
      const expected = JSON.stringify(await records.find('sessions'));
      // Transports and producers have their own ids: those of the first are not taken over.
      const bare = (text: string) => text.replace(/"transports":\[.*?\]|"producers":\[.*?\]/g, '');
      expect(bare(again)).toBe(bare(expected));
    }
  });

  test('find calls by time and by user', async () => {
    const joined = (recordId: string, userId: string, at: number): RecordEntry[] => [
      { type: 'call-started', recordId, callId: recordId, at },
      {
        type: 'participant-joined',
        recordId,
        participantId: `${recordId}-p`,
        userId,
        displayName: '',
        at,
        participants: 1,
      },
    ];
    const at = START + 100_000;
    await records.write([
      ...joined('f1', 'flo', at),
      ...joined('f2', 'kim', at + 1),
      ...joined('f3', 'flo', at + 2),
    ]);
    const found = async (query: { from?: string; to?: string; userId?: string }) =>
      (await records.list({ limit: 50, ...query })).calls.map(({ recordId }) => recordId);
    expect(await found({ from: iso(100_000) })).toEqual(['f3', 'f2', 'f1']);
    expect(await found({ from: iso(100_001), to: iso(100_002) })).toEqual(['f2']);
    expect(await found({ userId: 'flo' })).toEqual(['f3', 'f1']);
    expect(await found({ userId: 'flo', to: iso(100_002) })).toEqual(['f1']);
  });

  test('keep the chat of each call, page by page', async () => {
    const message = (recordId: string, n: number): RecordEntry => ({
      type: 'chat-sent',
      recordId,
      messageId: `${recordId}${n}`,
      participantId: 'p',
      userId: 'u',
      displayName: 'Änne',
      text: `text ${n}\nof "${recordId}"`,
      // Two at a time.
      at: START + Math.floor(n / 2),
    });
    for (const recordId of ['c', 'd']) {
      const messages = [0, 1, 2, 3, 4].map((n) => message(recordId, n));
      await records.write([...messages, ...messages]);
      await records.write(messages);
    }
    const first = await records.chat('c', 2, null);
    expect(first.map(({ messageId }) => messageId)).toEqual(['c4', 'c3']);
    expect(first[0]).toEqual({
      messageId: 'c4',
      participantId: 'p',
      userId: 'u',
      displayName: 'Änne',
      text: 'text 4\nof "c"',
      at: START + 2,
    });
    const rest = await records.chat('c', 9, { at: new Date(START + 1), id: 'c3' });
    expect(rest.map(({ messageId }) => messageId)).toEqual(['c2', 'c1', 'c0']);
    expect(await records.chatMessage('c1')).toMatchObject({ text: 'text 1\nof "c"' });
    expect(await records.chatMessage('x')).toBeNull();
  });

  test('one fact the database never takes loses none of the others', async () => {
    const facts = story('bad', 'refused', START + 30_000);
    const bad = { type: 'call-ended', recordId: 'NUL \0', at: START, decisions: [] } as const;
    const lost: string[] = [];
    const outbox = new Outbox({
      write: (entries) => records.write(entries),
      log: silentLog,
      onLost: (why) => lost.push(why),
    });
    for (const entry of [bad, ...facts.slice(0, 5), bad, ...facts.slice(5)]) outbox.add(entry);
    expect(await outbox.flush(10_000)).toBe(true);
    expect(lost).toEqual(['refused', 'refused']);
    expect(await records.find('refused')).toMatchObject({
      endedAt: iso(30_400),
      transitions: [{ outcome: 'committed', maxGapMs: 40 }],
    });
  });

  test('a write whose answer was lost is written again, and nothing is there twice', async () => {
    let answers = 0;
    const outbox = new Outbox({
      write: async (entries) => {
        await records.write(entries);
        answers += 1;
        if (answers < 3) throw new Error('Connection terminated unexpectedly');
      },
      log: silentLog,
    });
    for (const entry of story('lost', 'answer', START + 40_000)) outbox.add(entry);
    expect(await outbox.flush(10_000)).toBe(true);
    expect(answers).toBeGreaterThanOrEqual(3);
    expect(await records.find('answer')).toMatchObject({
      peakParticipants: 2,
      transitions: [{ maxGapMs: 40 }],
    });
    expect((await records.find('answer'))?.participants).toHaveLength(2);
  });

  test('a long outage is caught up in seconds', async () => {
    const count = 500;
    const outbox = new Outbox({ write: (entries) => records.write(entries), log: silentLog });
    for (let n = 0; n < count; n += 1)
      for (const entry of story(`m${n}`, `many-${n}`, START + 50_000)) outbox.add(entry);
    const began = performance.now();
    expect(await outbox.flush(30_000)).toBe(true);
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(await records.find(`many-${count - 1}`)).toMatchObject({ endedAt: iso(50_400) });
  });

  test('are deleted when they have been kept long enough, with all that belongs to them', async () => {
    const [recordId, at] = ['old', START - 1_000_000];
    const chat = (messageId: string, of: string, when: number): RecordEntry => ({
      type: 'chat-sent',
      recordId: of,
      messageId,
      participantId: 'p',
      userId: 'u',
      displayName: '',
      text: 'x',
      at: when,
    });
    await records.write([
      ...story(recordId, 'old', at),
      sessionOf(recordId, at),
      chat('o1', recordId, at + 900_000),
      chat('o2', 'r1', at),
      { type: 'call-started', recordId: 'runs', callId: 'runs', at },
    ]);
    const pruning = { callsBefore: at + 400, chatBefore: null, limit: 100 };
    // It has to be older, and what runs is never deleted.
    expect(await records.prune(pruning)).toBe(0);
    expect(await records.prune({ ...pruning, callsBefore: at + 401, limit: 0 })).toBe(0);
    expect(await records.prune({ ...pruning, callsBefore: at + 401 })).toBe(1);
    expect(await records.find('old')).toBeNull();
    expect(await records.chatMessage('o1')).toBeNull();
    expect(await records.find('runs')).not.toBeNull();
    expect(await records.chatMessage('o2')).not.toBeNull();
    expect(await records.prune({ callsBefore: null, chatBefore: at + 1, limit: 100 })).toBe(1);
    expect(await records.chatMessage('o2')).toBeNull();
    // Nothing of it is left behind under another name.
    await records.write([{ type: 'call-started', recordId, callId: 'old', at }]);
    expect(await records.find('old')).toMatchObject({ participants: [], transitions: [], endedAt: null });
  });

  test('a cursor that is none is refused', async () => {
    await expect(records.list({ limit: 1, cursor: 'zzz' })).rejects.toMatchObject({
      code: 'validation-failed',
    });
  });
}

test('a server that is not there is told in one sentence', async () => {
  await expect(openServer('postgres://user:hush@127.0.0.1:9/x')).rejects.toThrow(
    'Setting DATABASE_URL cannot be used: nothing listens there (ECONNREFUSED).',
  );
});

describe('embedded', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'records-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  suite(() => openEmbedded(folder));

  test('marks its folder as used', () => {
    expect(existsSync(path.join(folder, 'gateway.lock'))).toBe(true);
  });
});

const onServer = postgresqlPrograms === undefined ? describe.skip : describe;

onServer('on a PostgreSQL server (sudo apt-get install postgresql)', () => {
  let server: PostgresqlServer;
  beforeAll(async () => {
    server = await PostgresqlServer.start(postgresqlPrograms ?? '');
  });
  afterAll(() => server.stop());
  suite(() => openServer(server.url));

  test('are deleted by one gateway at a time', async () => {
    const url = await server.database('pruned');
    const records = await openServer(url);
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await records.write([{ type: 'call-ended', recordId: 'r', at: START, decisions: [] }]);
    const pruning = { callsBefore: START + 1, chatBefore: null, limit: 9 };
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock($1)', [0x63_66_70_72]);
    expect(await records.prune(pruning)).toBe(0);
    await other.query('commit');
    await other.end();
    expect(await records.prune(pruning)).toBe(1);
    await records.close();
  });

  test('several gateways that start at once migrate it once', async () => {
    const url = await server.database('fresh');
    const opened = await Promise.all([1, 2, 3].map(() => openServer(url)));
    await Promise.all(opened.map((records) => records.close()));
  });
});
