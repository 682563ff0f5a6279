/** The tables of the records. After a change here: `npm run migration`. */
import { doublePrecision, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

export const calls = pgTable(
  'calls',
  {
    recordId: text('record_id').primaryKey(),
    callId: text('call_id').notNull(),
    startedAt: moment('started_at').notNull(),
    endedAt: moment('ended_at'),
    peakParticipants: integer('peak_participants').notNull().default(0),
  },
  (table) => [
    index('calls_by_start').on(table.startedAt, table.recordId),
    index('calls_by_id').on(table.callId, table.startedAt),
  ],
);

export const participants = pgTable(
  'participants',
  {
    participantId: text('participant_id').primaryKey(),
    recordId: text('record_id').notNull(),
    userId: text('user_id').notNull(),
    displayName: text('display_name').notNull(),
    joinedAt: moment('joined_at').notNull(),
    leftAt: moment('left_at'),
    leaveReason: text('leave_reason'),
  },
  (table) => [index('participants_by_call').on(table.recordId)],
);

export const transitions = pgTable(
  'mode_transitions',
  {
    transitionId: text('transition_id').primaryKey(),
    recordId: text('record_id').notNull(),
    fromMode: text('from_mode').notNull(),
    toMode: text('to_mode').notNull(),
    reason: text('reason').notNull(),
    initiator: text('initiator'),
    epoch: integer('epoch').notNull(),
    startedAt: moment('started_at').notNull(),
    durationMs: doublePrecision('duration_ms'),
    outcome: text('outcome').notNull(),
    abortReason: text('abort_reason'),
    sfuRoomId: text('sfu_room_id'),
    rtpCapabilities: jsonb('rtp_capabilities'),
    maxGapMs: doublePrecision('max_gap_ms'),
  },
  (table) => [index('transitions_by_call').on(table.recordId)],
);
