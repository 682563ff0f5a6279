/** Records in SQL by Drizzle: on PGlite (embedded) or a PostgreSQL server, the same statements. */
import { CodedError } from '@crossfade/shared/errors';
import type { CallAnswer, ListCallsAnswer, TransitionRecord } from '@crossfade/shared/gateway-api';
import { and, desc, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type { RecordEntry } from '../calls/events.ts';
import type { Records } from './records.ts';
import { calls, participants, transitions } from './schema.ts';

export type Database = PgDatabase<PgQueryResultHKT>;

export class SqlRecords implements Records {
  readonly #db: Database;
  readonly #close: () => Promise<void>;

  constructor(db: Database, close: () => Promise<void>) {
    this.#db = db;
    this.#close = close;
  }

  async write(entry: RecordEntry): Promise<void> {
    const db = this.#db;
    switch (entry.type) {
      case 'call-started':
        await db
          .insert(calls)
          .values({ recordId: entry.recordId, callId: entry.callId, startedAt: new Date(entry.at) })
          .onConflictDoNothing();
        break;
      case 'participant-joined': {
        const { participantId, recordId, userId, displayName } = entry;
        await db
          .insert(participants)
          .values({ participantId, recordId, userId, displayName, joinedAt: new Date(entry.at) })
          .onConflictDoNothing();
        await db
          .update(calls)
          .set({ peakParticipants: sql`greatest(${calls.peakParticipants}, ${entry.participants})` })
          .where(eq(calls.recordId, recordId));
        break;
      }
      case 'participant-left':
        await db
          .update(participants)
          .set({ leftAt: new Date(entry.at), leaveReason: entry.reason })
          .where(eq(participants.participantId, entry.participantId));
        break;
      case 'transition-started': {
        const { transitionId, recordId, reason, initiator, epoch } = entry;
        await db
          .insert(transitions)
          .values({
            transitionId,
            recordId,
            fromMode: entry.from,
            toMode: entry.to,
            reason,
            initiator,
            epoch,
            startedAt: new Date(entry.at),
            outcome: 'under-way',
          })
          .onConflictDoNothing();
        break;
      }
      case 'transition-room':
        await this.#update(entry.transitionId, {
          sfuRoomId: entry.sfuRoomId,
          rtpCapabilities: entry.rtpCapabilities,
        });
        break;
      case 'transition-ended': {
        const { outcome, abortReason, durationMs } = entry;
        await this.#update(entry.transitionId, { outcome, abortReason, durationMs });
        break;
      }
      case 'transition-gap':
        await this.#update(entry.transitionId, {
          maxGapMs: sql`greatest(coalesce(${transitions.maxGapMs}, 0), ${entry.gapMs})`,
        });
        break;
      case 'call-ended':
        await db
          .update(calls)
          .set({ endedAt: new Date(entry.at) })
          .where(eq(calls.recordId, entry.recordId));
        break;
    }
  }

  async closeUnfinished(at: number): Promise<void> {
    const when = new Date(at);
    await this.#db
      .update(participants)
      .set({ leftAt: when, leaveReason: 'gateway-ended' })
      .where(isNull(participants.leftAt));
    await this.#db
      .update(transitions)
      .set({ outcome: 'aborted', abortReason: 'call-ended', durationMs: 0 })
      .where(eq(transitions.outcome, 'under-way'));
    await this.#db.update(calls).set({ endedAt: when }).where(isNull(calls.endedAt));
  }

  async find(callId: string): Promise<Omit<CallAnswer, 'live'> | null> {
    const [call] = await this.#db
      .select()
      .from(calls)
      .where(eq(calls.callId, callId))
      .orderBy(desc(calls.startedAt), desc(calls.recordId))
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
      .where(eq(transitions.recordId, recordId))
      .orderBy(transitions.startedAt, transitions.epoch);
    return {
      ...summary(call),
      participants: people.map(({ participantId, userId, displayName, joinedAt, leftAt, leaveReason }) => ({
        participantId,
        userId,
        displayName,
        joinedAt: joinedAt.toISOString(),
        leftAt: leftAt?.toISOString() ?? null,
        leaveReason,
      })),
      transitions: switches.map(toTransition),
    };
  }

  async list(limit: number, cursor: string | undefined): Promise<ListCallsAnswer> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = await this.#db
      .select()
      .from(calls)
      .where(
        after &&
          or(
            lt(calls.startedAt, after.startedAt),
            and(eq(calls.startedAt, after.startedAt), lt(calls.recordId, after.recordId)),
          ),
      )
      .orderBy(desc(calls.startedAt), desc(calls.recordId))
      .limit(limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return { calls: page.map(summary), nextCursor: found.length > limit && last ? encodeCursor(last) : null };
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #update(
    transitionId: string,
    values: Parameters<ReturnType<Database['update']>['set']>[0] & object,
  ): Promise<void> {
    await this.#db.update(transitions).set(values).where(eq(transitions.transitionId, transitionId));
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

function encodeCursor({ startedAt, recordId }: CallRow): string {
  return Buffer.from(`${startedAt.getTime()} ${recordId}`).toString('base64url');
}

function decodeCursor(cursor: string): { startedAt: Date; recordId: string } {
  const match = /^(\d{1,15}) ([\w-]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2]) {
    throw new CodedError('validation-failed', 'cursor: is not one that this API gave out', {
      errors: [{ path: 'cursor', message: 'is not one that this API gave out' }],
    });
  }
  return { startedAt: new Date(Number(match[1])), recordId: match[2] };
}
