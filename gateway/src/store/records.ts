/** The history of calls: what is kept of them after they ended. */
import type { ListCallsAnswer, CallAnswer } from '@crossfade/shared/gateway-api';
import type { RecordEntry } from '../calls/events.ts';

export interface Records {
  /** Adds one fact; adding it twice changes nothing. */
  write(entry: RecordEntry): Promise<void>;
  /** Marks what a gateway left unfinished when it ended: for a gateway that is the only one. */
  closeUnfinished(at: number): Promise<void>;
  /** The newest call of this id, without its live state. */
  find(callId: string): Promise<Omit<CallAnswer, 'live'> | null>;
  /**
   * Calls, newest first.
   * @param cursor where the page before ended
   * @throws CodedError `validation-failed` for a cursor that is none
   */
  list(limit: number, cursor: string | undefined): Promise<ListCallsAnswer>;
  close(): Promise<void>;
}
