/** The records, the same on the embedded PostgreSQL and on a real server. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RecordEntry } from '../../../gateway/src/calls/events.ts';
import { openEmbedded, openServer } from '../../../gateway/src/store/database.ts';
import type { Records } from '../../../gateway/src/store/records.ts';
import { PostgresqlServer, postgresqlPrograms } from './postgresql.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (ms: number) => new Date(START + ms).toISOString();

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
        outcome: 'committed',
        abortReason: null,
        at: at + 250,
        durationMs: 230,
      },
      { type: 'transition-gap', transitionId, gapMs: 40 },
      { type: 'transition-gap', transitionId, gapMs: 20 },
      { type: 'participant-left', recordId, participantId: `${recordId}-a`, at: at + 300, reason: 'left' },
      { type: 'participant-left', recordId, participantId: `${recordId}-b`, at: at + 400, reason: 'left' },
      { type: 'call-ended', recordId, at: at + 400 },
    ];
  };

  test('tell a call from beginning to end, however often a fact is written', async () => {
    for (const entry of story('r1', 'call', START)) {
      await records.write(entry);
      await records.write(entry);
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
        },
        {
          participantId: 'r1-b',
          userId: 'u',
          displayName: 'Änne "☎"',
          joinedAt: iso(10),
          leftAt: iso(400),
          leaveReason: 'left',
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
  });

  test('give the newest call of an id, and all of them page by page', async () => {
    for (let n = 2; n <= 6; n += 1) {
      // Two at the same moment: the pages do not lose or repeat one.
      for (const entry of story(`r${n}`, 'again', START + 1_000 * Math.floor(n / 2)))
        await records.write(entry);
    }
    expect((await records.find('again'))?.recordId).toBe('r6');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await records.list(2, cursor);
      seen.push(...page.calls.map(({ recordId }) => recordId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(['r6', 'r5', 'r4', 'r3', 'r2', 'r1']);
  });

  test('what a gateway left unfinished is closed', async () => {
    const [started, joined, , transition] = story('r9', 'cut', START + 9_000);
    for (const entry of [started, joined, transition]) if (entry) await records.write(entry);
    await records.closeUnfinished(START + 10_000);
    expect(await records.find('cut')).toMatchObject({
      endedAt: iso(10_000),
      participants: [{ leftAt: iso(10_000), leaveReason: 'gateway-ended' }],
      transitions: [{ outcome: 'aborted', abortReason: 'call-ended' }],
    });
    expect((await records.find('call'))?.endedAt).toBe(iso(400));
  });

  test('a cursor that is none is refused', async () => {
    await expect(records.list(1, 'zzz')).rejects.toMatchObject({ code: 'validation-failed' });
  });
}

test('a server that is not there is told in one sentence', async () => {
  await expect(openServer('postgres://user:hush@127.0.0.1:9/x')).rejects.toThrow(
    'Setting DATABASE_URL cannot be used: the database does not answer as it should (ECONNREFUSED).',
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

  test('several gateways that start at once migrate it once', async () => {
    const url = await server.database('fresh');
    const opened = await Promise.all([1, 2, 3].map(() => openServer(url)));
    await Promise.all(opened.map((records) => records.close()));
  });
});
