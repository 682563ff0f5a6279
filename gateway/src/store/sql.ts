/** Records in SQL by Drizzle: on PGlite (embedded) or a PostgreSQL server, the same statements. */
import { CodedError } from '@crossfade/shared/errors';
import type { Decision } from '@crossfade/shared/decisions';
import type {
  CallAnswer,
  ListCallsAnswer,
  ListCallsQuery,
  SessionRecord,
  TransitionRecord,
} from '@crossfade/shared/gateway-api';
import {
  and,
  desc,
  eq,
  exists,
  gt,
  gte,
  inArray,
  isNull,
  lt,
  ne,
  notInArray,
  or,
  sql,
  type SQL,
} from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { RecordEntry } from '../calls/events.ts';
import { decodeCursor, encodeCursor, type Place } from './cursor.ts';
import { withoutValues } from './database-errors.ts';
import type { Pruning, Records, StoredMessage, UnfinishedRecord } from './records.ts';
import { calls, chatMessages, participants, producers, sessions, transitions, transports } from './schema.ts';
import { storable, writeEntries } from './write-records.ts';
import type { Database } from './drizzle.ts';

/** Any number, the same in every gateway and another one than for migrations. */
const PRUNING_LOCK = 0x63_66_70_72;

export class SqlRecords implements Records {
  readonly #db: Database;
  readonly #close: () => Promise<void>;

  constructor(db: Database, close: () => Promise<void>) {
    this.#db = db;
    this.#close = close;
  }

  write(entries: readonly RecordEntry[]): Promise<void> {
    return writeEntries(this.#db, entries);
  }

  async closeUnfinished(at: number, running: readonly string[]): Promise<void> {
    /** What began at `at` or later is not left over: another gateway may be writing it. */
    const leftOver = and(
      isNull(calls.endedAt),
      lt(calls.startedAt, new Date(at)),
      running.length > 0 ? notInArray(calls.recordId, [...running]) : undefined,
    );
    await this.#end(new Date(at), leftOver);
  }

  async closeAbandoned(at: number, recordIds: readonly string[]): Promise<void> {
    if (recordIds.length === 0) return;
    await this.#end(new Date(at), and(isNull(calls.endedAt), inArray(calls.recordId, [...recordIds])));
  }

  unfinished(after: string | null, limit: number): Promise<UnfinishedRecord[]> {
    return available(() =>
      this.#db
        .select({ recordId: calls.recordId, callId: calls.callId })
        .from(calls)
        // Of one whose beginning has not been written yet it is not known which call it is.
        .where(
          and(
            isNull(calls.endedAt),
            ne(calls.callId, ''),
            after === null ? undefined : gt(calls.recordId, after),
          ),
        )
        .orderBy(calls.recordId)
        .limit(limit),
    );
  }

  /** Ends these calls, and all that was still going on in them. */
  async #end(when: Date, leftOver: SQL | undefined): Promise<void> {
    const ofThese = (recordId: PgColumn) =>
      inArray(recordId, this.#db.select({ recordId: calls.recordId }).from(calls).where(leftOver));
    await this.#db
      .update(sessions)
      .set({ disconnectedAt: when, reason: 'gateway-ended' })
      .where(and(isNull(sessions.disconnectedAt), ofThese(sessions.recordId)));
    await this.#db
      .update(participants)
      .set({ leftAt: when, leaveReason: 'gateway-ended' })
      .where(and(isNull(participants.leftAt), ofThese(participants.recordId)));
    await this.#db
      .update(transitions)
      .set({ outcome: 'aborted', abortReason: 'call-ended', durationMs: 0 })
      .where(and(eq(transitions.outcome, 'under-way'), ofThese(transitions.recordId)));
    // Last: the others are found by it.
    await this.#db.update(calls).set({ endedAt: when }).where(leftOver);
  }

  decisions(callId: string): Promise<readonly Decision[] | null> {
    return available(async () => {
      const [call] = await this.#db
        .select({ decisions: calls.decisions })
        .from(calls)
        .where(eq(calls.callId, callId))
        .orderBy(...NEWEST_FIRST)
        .limit(1);
      // The column holds what the reducer wrote, whose type this is.
      return call ? ((call.decisions ?? []) as readonly Decision[]) : null;
    });
  }

  find(callId: string): Promise<Omit<CallAnswer, 'live'> | null> {
    return available(async () => {
      const [call] = await this.#db
        .select()
        .from(calls)
        .where(eq(calls.callId, callId))
        .orderBy(...NEWEST_FIRST)
        .limit(1);
      if (!call) return null;
      const { recordId } = call;
      const people = await this.#db
        .select()
        .from(participants)
        .where(eq(participants.recordId, recordId))
        .orderBy(participants.joinedAt, participants.participantId);
      const switches = await this.#db
        .select()
        .from(transitions)
        // Of one whose beginning has not been written yet there is nothing to tell.
        .where(and(eq(transitions.recordId, recordId), ne(transitions.fromMode, '')))
        .orderBy(transitions.startedAt, transitions.epoch);
      const connections = await this.#db
        .select()
        .from(sessions)
        .where(eq(sessions.recordId, recordId))
        .orderBy(sessions.connectedAt, sessions.connectionId);
      const made = await this.#db
        .select()
        .from(transports)
        .where(eq(transports.recordId, recordId))
        .orderBy(transports.createdAt, transports.transportId);
      const sources = await this.#db
        .select()
        .from(producers)
        .where(eq(producers.recordId, recordId))
        .orderBy(producers.createdAt, producers.producerId);
      return {
        ...summary(call),
        participants: people.map(({ participantId, userId, displayName, joinedAt, leftAt, leaveReason }) => {
          const own = (row: { participantId: string }) => row.participantId === participantId;
          return {
            participantId,
            userId,
            displayName,
            joinedAt: joinedAt.toISOString(),
            leftAt: leftAt?.toISOString() ?? null,
            leaveReason,
            sessions: connections.filter(own).map(toSession),
            transports: made.filter(own).map(({ transportId, direction, createdAt }) => ({
              transportId,
              direction: direction as 'send' | 'recv',
              createdAt: createdAt.toISOString(),
            })),
            producers: sources.filter(own).map(({ producerId, transportId, kind, source, createdAt }) => ({
              producerId,
              transportId,
              kind: kind as 'audio' | 'video',
              source,
              createdAt: createdAt.toISOString(),
            })),
          };
        }),
        transitions: switches.map(toTransition),
      };
    });
  }

  async list({ limit, cursor, from, to, userId }: ListCallsQuery): Promise<ListCallsAnswer> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = await available(() =>
      this.#db
        .select()
        .from(calls)
        .where(
          and(
            // One whose beginning has not been written yet.
            ne(calls.callId, ''),
            from === undefined ? undefined : gte(calls.startedAt, new Date(from)),
            to === undefined ? undefined : lt(calls.startedAt, new Date(to)),
            userId === undefined ? undefined : this.#hadUser(userId),
            after &&
              or(
                lt(calls.startedAt, after.at),
                and(eq(calls.startedAt, after.at), lt(calls.recordId, after.id)),
              ),
          ),
        )
        .orderBy(desc(calls.startedAt), desc(calls.recordId))
        .limit(limit + 1),
    );
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      calls: page.map(summary),
      nextCursor:
        found.length > limit && last ? encodeCursor({ at: last.startedAt, id: last.recordId }) : null,
    };
  }

  chat(recordId: string, limit: number, before: Place | null): Promise<StoredMessage[]> {
    return available(async () => {
      const found = await this.#db
        .select()
        .from(chatMessages)
        .where(
          and(
            eq(chatMessages.recordId, recordId),
            before === null
              ? undefined
              : or(
                  lt(chatMessages.sentAt, before.at),
                  and(eq(chatMessages.sentAt, before.at), lt(chatMessages.messageId, before.id)),
                ),
          ),
        )
        .orderBy(desc(chatMessages.sentAt), desc(chatMessages.messageId))
        .limit(limit);
      return found.map(toMessage);
    });
  }

  chatMessage(messageId: string): Promise<StoredMessage | null> {
    return available(async () => {
      const [found] = await this.#db
        .select()
        .from(chatMessages)
        .where(eq(chatMessages.messageId, messageId))
        .limit(1);
      return found ? toMessage(found) : null;
    });
  }

  async prune({ callsBefore, chatBefore, limit }: Pruning): Promise<number> {
    let pruned = 0;
    // One statement each, so that the lock is held as long as it runs and never longer.
    if (chatBefore !== null) {
      pruned += await this.#count(sql`
        with ${ALONE}, gone as (
          select message_id from chat_messages, alone
          where alone.ok and sent_at < ${new Date(chatBefore).toISOString()}::timestamptz limit ${limit}
        ), deleted as (
          delete from chat_messages where message_id in (select message_id from gone) returning 1
        ) select count(*)::int as count from deleted`);
    }
    if (callsBefore !== null) {
      pruned += await this.#count(sql`
        with ${ALONE}, gone as (
          select record_id from calls, alone
          where alone.ok and ended_at < ${new Date(callsBefore).toISOString()}::timestamptz limit ${limit}
        ),
        d1 as (delete from participants where record_id in (select record_id from gone)),
        d2 as (delete from sessions where record_id in (select record_id from gone)),
        d3 as (delete from transports where record_id in (select record_id from gone)),
        d4 as (delete from producers where record_id in (select record_id from gone)),
        d5 as (delete from mode_transitions where record_id in (select record_id from gone)),
        d6 as (delete from chat_messages where record_id in (select record_id from gone)),
        deleted as (delete from calls where record_id in (select record_id from gone) returning 1)
        select count(*)::int as count from deleted`);
    }
    return pruned;
  }

  close(): Promise<void> {
    return this.#close();
  }

  #hadUser(userId: string) {
    const some = this.#db
      .select({ one: sql`1` })
      .from(participants)
      .where(and(eq(participants.recordId, calls.recordId), eq(participants.userId, storable(userId))));
    return exists(some);
  }

  async #count(query: SQL): Promise<number> {
    const { rows } = (await this.#db.execute(query)) as {
      rows: { count: number }[];
    };
    return rows[0]?.count ?? 0;
  }
}

const NEWEST_FIRST = [desc(calls.startedAt), desc(calls.recordId)] as const;

/** Only one gateway deletes at a time; another one finds nothing to do. */
const ALONE = sql`alone as materialized (select pg_try_advisory_xact_lock(${PRUNING_LOCK}) as ok)`;

/** @throws CodedError `records-unavailable` for whatever the database throws */
async function available<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new CodedError('records-unavailable', undefined, { cause: withoutValues(error) });
  }
}

type CallRow = typeof calls.$inferSelect;

function summary({ callId, recordId, startedAt, endedAt, peakParticipants }: CallRow) {
  return {
    callId,
    recordId,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    peakParticipants,
  };
}

/** The columns hold what the reducer wrote, whose types these are. */
function toTransition(row: typeof transitions.$inferSelect): TransitionRecord {
  return {
    transitionId: row.transitionId,
    from: row.fromMode as TransitionRecord['from'],
    to: row.toMode as TransitionRecord['to'],
    reason: row.reason as TransitionRecord['reason'],
    initiator: row.initiator,
    epoch: row.epoch,
    startedAt: row.startedAt.toISOString(),
    durationMs: row.durationMs,
    outcome: row.outcome as TransitionRecord['outcome'],
    abortReason: row.abortReason as TransitionRecord['abortReason'],
    sfuRoomId: row.sfuRoomId,
    rtpCapabilities: row.rtpCapabilities,
    maxGapMs: row.maxGapMs,
  };
}

function toSession(row: typeof sessions.$inferSelect): SessionRecord {
  const { connectionId, gatewayId, connectedAt, disconnectedAt, reason, clientInfo } = row;
  return {
    connectionId,
    gatewayId,
    connectedAt: connectedAt.toISOString(),
    disconnectedAt: disconnectedAt?.toISOString() ?? null,
    reason,
    clientInfo: clientInfo as SessionRecord['clientInfo'],
  };
}

function toMessage(row: typeof chatMessages.$inferSelect): StoredMessage {
  const { messageId, participantId, userId, displayName, text, sentAt } = row;
  return { messageId, participantId, userId, displayName, text, at: sentAt.getTime() };
}
