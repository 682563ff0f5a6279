/** The latest messages of live calls: what is read while the database is away or behind, and what sending twice is told by. */
import type { StoredMessage } from '../store/records.ts';

/**
 * What is kept of a call's messages: all that were sent, only the latest, or nothing, and it cannot be told here whether
 * there were any (they may have been lost).
 */
export type Extent = 'all' | 'latest' | 'unknown';

export interface RecentMessages {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  readonly extent: Extent;
}

export interface RecentChat {
  /**
   * Adds a message unless there is one with its id. It is given a time later than that of all before it, so that their
   * order is the same for everyone.
   * @param extent of what is kept then, if nothing was
   * @returns the message as it stands, and whether it is new
   */
  add(
    recordId: string,
    message: StoredMessage,
    extent: 'all' | 'latest',
  ): Promise<{ message: StoredMessage; isNew: boolean }>;
  list(recordId: string): Promise<RecentMessages>;
  /** Whether there is a message with this id, and what is kept. */
  find(recordId: string, messageId: string): Promise<{ found: boolean; extent: Extent }>;
  /** The call has ended. */
  forget(recordId: string): void;
}

/** How many are kept of each call: with the longest texts, 2 MB. */
export const KEPT_MESSAGES = 200;

/** In this process: for a single gateway. */
export class MemoryRecentChat implements RecentChat {
  readonly #calls = new Map<string, { messages: StoredMessage[]; extent: 'all' | 'latest' }>();

  add(recordId: string, message: StoredMessage): Promise<{ message: StoredMessage; isNew: boolean }> {
    const call = this.#calls.get(recordId) ?? { messages: [], extent: 'all' };
    this.#calls.set(recordId, call);
    const known = call.messages.find(({ messageId }) => messageId === message.messageId);
    if (known) return Promise.resolve({ message: known, isNew: false });
    const added = { ...message, at: Math.max(message.at, (call.messages.at(-1)?.at ?? 0) + 1) };
    call.messages.push(added);
    if (call.messages.length > KEPT_MESSAGES) {
      call.messages.shift();
      call.extent = 'latest';
    }
    return Promise.resolve({ message: added, isNew: true });
  }

  list(recordId: string): Promise<RecentMessages> {
    // A call lives no longer than this process: what is not here was never sent.
    const { messages, extent } = this.#calls.get(recordId) ?? { messages: [], extent: 'all' };
    return Promise.resolve({ messages: [...messages], extent });
  }

  async find(recordId: string, messageId: string): Promise<{ found: boolean; extent: Extent }> {
    const { messages, extent } = await this.list(recordId);
    return { found: messages.some((message) => message.messageId === messageId), extent };
  }

  forget(recordId: string): void {
    this.#calls.delete(recordId);
  }
}
