/**
 * The tables of the records. After a change here: `npm run migration`.
 *
 * There are no foreign keys, and a row may be begun by whichever fact about it comes first: several gateways write what
 * they know of one call, each at its own pace. What is not known yet is empty or null.
 */
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
    /** The last decisions on its mode; null: it has not ended, or nobody could say. */
    decisions: jsonb('decisions'),
  },
  (table) => [
    index('calls_by_start').on(table.startedAt, table.recordId),
    index('calls_by_id').on(table.callId, table.startedAt),
    index('calls_by_end').on(table.endedAt),
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
  (table) => [
    index('participants_by_call').on(table.recordId),
    index('participants_by_user').on(table.userId, table.recordId),
  ],
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

/** Each connection of a participant. */
export const sessions = pgTable(
  'sessions',
  {
    connectionId: text('connection_id').primaryKey(),
    recordId: text('record_id').notNull(),
    participantId: text('participant_id').notNull(),
    /** SHA-256 of the session's secret, hexadecimal: tells sessions apart and opens none. */
    sessionHash: text('session_hash').notNull(),
    gatewayId: text('gateway_id').notNull(),
    connectedAt: moment('connected_at').notNull(),
    disconnectedAt: moment('disconnected_at'),
    reason: text('reason'),
    clientInfo: jsonb('client_info'),
  },
  (table) => [
    index('sessions_by_call').on(table.recordId),
    index('sessions_by_participant').on(table.participantId),
  ],
);

export const transports = pgTable(
  'transports',
  {
    transportId: text('transport_id').primaryKey(),
    recordId: text('record_id').notNull(),
    participantId: text('participant_id').notNull(),
    direction: text('direction').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('transports_by_call').on(table.recordId)],
);

export const producers = pgTable(
  'producers',
  {
    producerId: text('producer_id').primaryKey(),
    recordId: text('record_id').notNull(),
    participantId: text('participant_id').notNull(),
    transportId: text('transport_id').notNull(),
    kind: text('kind').notNull(),
    source: text('source').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('producers_by_call').on(table.recordId)],
);

export const chatMessages = pgTable(
  'chat_messages',
  {
    messageId: text('message_id').primaryKey(),
    recordId: text('record_id').notNull(),
    participantId: text('participant_id').notNull(),
    userId: text('user_id').notNull(),
    displayName: text('display_name').notNull(),
    text: text('text').notNull(),
    sentAt: moment('sent_at').notNull(),
  },
  (table) => [
    index('chat_by_call').on(table.recordId, table.sentAt, table.messageId),
    index('chat_by_time').on(table.sentAt),
  ],
);
