/**
 * Facts become rows. What is written twice changes nothing, and the order does not matter: each fact sets only the
 * columns it knows, in a row that any fact may begin. Hence a list of facts can be written type by type, in a few
 * statements, and written again as a whole if one of them failed or its answer was lost.
 */
import { and, getTableColumns, inArray, isNull, or, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { ClientInfo, RecordEntry } from '../calls/events.ts';
import { calls, chatMessages, participants, producers, sessions, transitions, transports } from './schema.ts';
import type { Database } from './drizzle.ts';

type Type = RecordEntry['type'];
type Entry<T extends Type> = Extract<RecordEntry, { type: T }>;
type Write<T extends Type> = (db: Database, entries: readonly Entry<T>[]) => Promise<void>;

/** Every fact at most once more than never, in any order. @throws what the database throws */
export async function writeEntries(db: Database, entries: readonly RecordEntry[]): Promise<void> {
  const byType = Map.groupBy(entries, ({ type }) => type);
  for (const type of Object.keys(WRITES) as Type[]) {
    const some = byType.get(type);
    if (some) await (WRITES[type] as Write<Type>)(db, some);
  }
  const connected = entries.filter(
    ({ type }) => type === 'session-connected' || type === 'participant-left',
  ) as (Entry<'session-connected'> | Entry<'participant-left'>)[];
  if (connected.length > 0)
    await closeSessions(
      db,
      connected.map(({ participantId }) => participantId),
    );
}

const WRITES: { readonly [T in Type]: Write<T> } = {
  'call-started': (db, entries) =>
    upsert(
      db,
      calls,
      entries.map(({ recordId, callId, at }) => ({ recordId, callId, startedAt: new Date(at) })),
      calls.recordId,
      [calls.callId, calls.startedAt],
    ),
  'participant-joined': async (db, entries) => {
    await upsert(
      db,
      participants,
      entries.map(({ participantId, recordId, userId, displayName, at }) => ({
        participantId,
        recordId,
        userId: storable(userId),
        displayName: storable(displayName),
        joinedAt: new Date(at),
      })),
      participants.participantId,
      [participants.userId, participants.displayName, participants.joinedAt],
    );
    const peaks = Map.groupBy(entries, ({ recordId }) => recordId);
    await upsert(
      db,
      calls,
      [...peaks].map(([recordId, some]) => ({
        recordId,
        callId: '',
        startedAt: new Date(Math.min(...some.map(({ at }) => at))),
        peakParticipants: Math.max(...some.map((entry) => entry.participants)),
      })),
      calls.recordId,
      [],
      [sql`peak_participants = greatest(${calls.peakParticipants}, excluded.peak_participants)`],
    );
  },
  'participant-left': (db, entries) =>
    upsert(
      db,
      participants,
      entries.map(({ participantId, recordId, at, reason }) => ({
        participantId,
        recordId,
        userId: '',
        displayName: '',
        joinedAt: new Date(at),
        leftAt: new Date(at),
        leaveReason: reason,
      })),
      participants.participantId,
      [participants.leftAt, participants.leaveReason],
    ),
  'transition-started': (db, entries) =>
    upsert(
      db,
      transitions,
      entries.map(({ transitionId, recordId, from, to, reason, initiator, epoch, at }) => ({
        transitionId,
        recordId,
        fromMode: from,
        toMode: to,
        reason,
        initiator,
        epoch,
        startedAt: new Date(at),
        outcome: 'under-way',
      })),
      transitions.transitionId,
      [
        transitions.fromMode,
        transitions.toMode,
        transitions.reason,
        transitions.initiator,
        transitions.epoch,
        transitions.startedAt,
      ],
    ),
  'transition-room': (db, entries) =>
    upsert(
      db,
      transitions,
      entries.map(({ transitionId, sfuRoomId, rtpCapabilities }) => ({
        ...unknownTransition(transitionId),
        sfuRoomId,
        rtpCapabilities,
      })),
      transitions.transitionId,
      [transitions.sfuRoomId, transitions.rtpCapabilities],
    ),
  'transition-ended': (db, entries) =>
    upsert(
      db,
      transitions,
      entries.map(({ transitionId, outcome, abortReason, durationMs, at }) => ({
        ...unknownTransition(transitionId),
        startedAt: new Date(at),
        outcome,
        abortReason,
        durationMs,
      })),
      transitions.transitionId,
      [transitions.outcome, transitions.abortReason, transitions.durationMs],
    ),
  'transition-gap': (db, entries) => {
    const gaps = Map.groupBy(entries, ({ transitionId }) => transitionId);
    return upsert(
      db,
      transitions,
      [...gaps].map(([transitionId, some]) => ({
        ...unknownTransition(transitionId),
        maxGapMs: Math.max(...some.map(({ gapMs }) => gapMs)),
      })),
      transitions.transitionId,
      [],
      [sql`max_gap_ms = greatest(${transitions.maxGapMs}, excluded.max_gap_ms)`],
    );
  },
  'session-connected': (db, entries) =>
    upsert(
      db,
      sessions,
      entries.map(({ connectionId, recordId, participantId, sessionHash, gatewayId, at, clientInfo }) => ({
        connectionId,
        recordId,
        participantId,
        sessionHash,
        gatewayId,
        connectedAt: new Date(at),
        clientInfo: clientInfo && storableInfo(clientInfo),
      })),
      sessions.connectionId,
      [sessions.sessionHash, sessions.gatewayId, sessions.connectedAt, sessions.clientInfo],
    ),
  'session-disconnected': (db, entries) =>
    upsert(
      db,
      sessions,
      entries.map(({ connectionId, recordId, participantId, at }) => ({
        connectionId,
        recordId,
        participantId,
        sessionHash: '',
        gatewayId: '',
        connectedAt: new Date(at),
        disconnectedAt: new Date(at),
        reason: 'connection-lost',
      })),
      sessions.connectionId,
      [],
      // Of several reasons why it ended the earliest counts, whichever is heard of first.
      [
        sql`disconnected_at = least(${sessions.disconnectedAt}, excluded.disconnected_at)`,
        sql`reason = case when ${sessions.disconnectedAt} <= excluded.disconnected_at
          then ${sessions.reason} else excluded.reason end`,
      ],
    ),
  'transport-created': (db, entries) =>
    upsert(
      db,
      transports,
      entries.map(({ transportId, recordId, participantId, direction, at }) => ({
        transportId,
        recordId,
        participantId,
        direction,
        createdAt: new Date(at),
      })),
      transports.transportId,
      [],
    ),
  'producer-created': (db, entries) =>
    upsert(
      db,
      producers,
      entries.map(({ producerId, recordId, participantId, transportId, kind, source, at }) => ({
        producerId,
        recordId,
        participantId,
        transportId,
        kind,
        source,
        createdAt: new Date(at),
      })),
      producers.producerId,
      [],
    ),
  'chat-sent': (db, entries) =>
    upsert(
      db,
      chatMessages,
      entries.map(({ messageId, recordId, participantId, userId, displayName, text, at }) => ({
        messageId,
        recordId,
        participantId,
        userId: storable(userId),
        displayName: storable(displayName),
        text: storable(text),
        sentAt: new Date(at),
      })),
      chatMessages.messageId,
      [],
    ),
  'call-ended': (db, entries) =>
    upsert(
      db,
      calls,
      entries.map(({ recordId, at, decisions }) => ({
        recordId,
        callId: '',
        startedAt: new Date(at),
        endedAt: new Date(at),
        decisions,
      })),
      calls.recordId,
      [calls.endedAt, calls.decisions],
    ),
};

/** A transition of which only the id is known, and with it the call it belongs to. */
function unknownTransition(transitionId: string): typeof transitions.$inferInsert {
  return {
    transitionId,
    recordId: transitionId.slice(0, transitionId.lastIndexOf(':')),
    fromMode: '',
    toMode: '',
    reason: '',
    epoch: 0,
    startedAt: new Date(0),
    outcome: 'under-way',
  };
}

/**
 * Inserts rows; of those that are there already, sets the named columns to the new values, and `merged` to what it says.
 * A statement must not touch a row twice: of rows with the same key the last one counts. All of them travel in one
 * parameter, which takes a fraction of what thousands of parameters would.
 * @param rows all with the same columns
 */
async function upsert<T extends PgTable>(
  db: Database,
  table: T,
  rows: T['$inferInsert'][],
  key: PgColumn,
  columns: readonly PgColumn[],
  merged: readonly SQL[] = [],
): Promise<void> {
  const byProperty = Object.entries(getTableColumns(table)).filter(
    ([property]) => property in (rows[0] ?? {}),
  );
  const toRow = (row: Record<string, unknown>) =>
    Object.fromEntries(byProperty.map(([property, { name }]) => [name, row[property]]));
  const distinct = new Map(rows.map(toRow).map((row) => [row[key.name], row]));
  const names = sql.join(
    byProperty.map(([, { name }]) => sql.identifier(name)),
    sql`, `,
  );
  const typed = sql.join(
    byProperty.map(([, column]) => sql`${sql.identifier(column.name)} ${sql.raw(column.getSQLType())}`),
    sql`, `,
  );
  const set = [
    ...columns.map(({ name }) => sql`${sql.identifier(name)} = excluded.${sql.identifier(name)}`),
    ...merged,
  ];
  await db.execute(sql`
    insert into ${table} (${names})
    select ${names} from jsonb_to_recordset(${JSON.stringify([...distinct.values()])}::jsonb) as fact(${typed})
    on conflict (${sql.identifier(key.name)})
    do ${set.length === 0 ? sql`nothing` : sql`update set ${sql.join(set, sql`, `)}`}`);
}

/** Sessions end when the participant connects anew, or leaves. */
async function closeSessions(db: Database, participantIds: readonly string[]): Promise<void> {
  const theirs = inArray(sessions.participantId, [...new Set(participantIds)]);
  const openAt = (at: SQL | PgColumn) =>
    and(theirs, or(isNull(sessions.disconnectedAt), sql`${sessions.disconnectedAt} > ${at}`));
  const later = sql`(select min(n.connected_at) from sessions n
    where n.participant_id = "sessions"."participant_id" and n.connected_at > "sessions"."connected_at")`;
  await db
    .update(sessions)
    .set({ disconnectedAt: later, reason: 'replaced' })
    .where(and(openAt(later), sql`${later} is not null`));
  await db
    .update(sessions)
    .set({ disconnectedAt: participants.leftAt, reason: participants.leaveReason })
    .from(participants)
    .where(
      and(
        openAt(participants.leftAt),
        sql`${participants.participantId} = ${sessions.participantId}`,
        sql`${participants.leftAt} is not null`,
      ),
    );
}

/** PostgreSQL keeps any text but NUL and lone surrogates. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}

function storableInfo({ sdk, browser }: ClientInfo): ClientInfo {
  return {
    ...(sdk !== undefined && { sdk: storable(sdk) }),
    ...(browser !== undefined && { browser: storable(browser) }),
  };
}
