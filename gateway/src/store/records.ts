/** The history of calls: what is kept of them after they ended. */
import type { Decision } from '@crossfade/shared/decisions';
import type { CallAnswer, ListCallsAnswer, ListCallsQuery } from '@crossfade/shared/gateway-api';
import type { RecordEntry } from '../calls/events.ts';
import type { Place } from './cursor.ts';

/** A chat message as it is kept. */
export interface StoredMessage {
  readonly messageId: string;
  readonly participantId: string;
  readonly userId: string;
  readonly displayName: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A call whose end is not recorded. */
export interface UnfinishedRecord {
  readonly recordId: string;
  readonly callId: string;
}

/** What is to be deleted: all that is older, milliseconds since 1970; null: nothing. */
export interface Pruning {
  /** Calls that ended before, with everything about them. */
  readonly callsBefore: number | null;
  /** Chat messages sent before. */
  readonly chatBefore: number | null;
  /** At most so many of each. */
  readonly limit: number;
}

export interface Records {
  /**
   * Adds facts; adding one twice changes nothing, and their order does not matter.
   * @throws what the database throws; some may have been added then
   */
  write(entries: readonly RecordEntry[]): Promise<void>;
  /**
   * Marks as ended what gateways left unfinished when they ended.
   * @param running the records of the calls that go on; empty for a gateway that is the only one and has none
   */
  closeUnfinished(at: number, running: readonly string[]): Promise<void>;
  /**
   * Calls whose end is not recorded, in the order of their records.
   * @param after the last one of the page before; null: from the first
   * @throws CodedError `records-unavailable`
   */
  unfinished(after: string | null, limit: number): Promise<UnfinishedRecord[]>;
  /** Marks these as ended, as far as they are not. @throws what the database throws */
  closeAbandoned(at: number, recordIds: readonly string[]): Promise<void>;
  /**
   * The newest call of this id, without its live state.
   * @throws CodedError `records-unavailable`
   */
  find(callId: string): Promise<Omit<CallAnswer, 'live'> | null>;
  /**
   * The last decisions on the mode of the newest call of this id; null: there is no such call.
   * @throws CodedError `records-unavailable`
   */
  decisions(callId: string): Promise<readonly Decision[] | null>;
  /**
   * Calls, newest first.
   * @throws CodedError `validation-failed` for a cursor that is none; `records-unavailable`
   */
  list(query: ListCallsQuery): Promise<ListCallsAnswer>;
  /**
   * Chat messages of one call before a place (null: its newest), newest first.
   * @throws CodedError `records-unavailable`
   */
  chat(recordId: string, limit: number, before: Place | null): Promise<StoredMessage[]>;
  /** @throws CodedError `records-unavailable` */
  chatMessage(messageId: string): Promise<StoredMessage | null>;
  /** Deletes what is too old; nothing while another gateway does. @returns how many calls and messages */
  prune(pruning: Pruning): Promise<number>;
  close(): Promise<void>;
}
