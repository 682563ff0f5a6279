/** The latest messages of live calls: what is read while the database is away or behind, and what sending twice is told by. */
import type { StoredMessage } from '../store/records.ts';

export interface RecentMessages {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  /** Whether these are all that were sent in the call. */
  readonly complete: boolean;
}

export interface RecentChat {
  /**
   * Adds a message unless there is one with its id. It is given a time later than that of all before it, so that their
   * order is the same for everyone.
   * @returns the message as it stands, and whether it is new
   */
  add(recordId: string, message: StoredMessage): Promise<{ message: StoredMessage; isNew: boolean }>;
  list(recordId: string): Promise<RecentMessages>;
  /** The call has ended. */
  forget(recordId: string): void;
}

/** How many are kept of each call: with the longest texts, 2 MB. */
export const KEPT_MESSAGES = 200;

/** In this process: for a single gateway. */
export class MemoryRecentChat implements RecentChat {
  readonly #calls = new Map<string, { messages: StoredMessage[]; complete: boolean }>();

  add(recordId: string, message: StoredMessage): Promise<{ message: StoredMessage; isNew: boolean }> {
    const call = this.#calls.get(recordId) ?? { messages: [], complete: true };
    this.#calls.set(recordId, call);
    const known = call.messages.find(({ messageId }) => messageId === message.messageId);
    if (known) return Promise.resolve({ message: known, isNew: false });
    const added = { ...message, at: Math.max(message.at, (call.messages.at(-1)?.at ?? 0) + 1) };
    call.messages.push(added);
    if (call.messages.length > KEPT_MESSAGES) {
      call.messages.shift();
      call.complete = false;
    }
    return Promise.resolve({ message: added, isNew: true });
  }

  list(recordId: string): Promise<RecentMessages> {
    const call = this.#calls.get(recordId);
    return Promise.resolve(
      call ? { ...call, messages: [...call.messages] } : { messages: [], complete: true },
    );
  }

  forget(recordId: string): void {
    this.#calls.delete(recordId);
  }
}
