/** Chat in a call: taken once, told to everyone in it, recorded, and read page by page. */
import { createHash } from 'node:crypto';
import { CodedError } from '@crossfade/shared/errors';
import type { Calls } from '../calls/calls.ts';
import type { RecordEntry } from '../calls/events.ts';
import { memberOf, type CallState, type Member } from '../calls/state.ts';
import { joinedAs, type Caller, type HandlersOf } from '../signalling/caller.ts';
import type { Courier } from '../signalling/courier.ts';
import { decodeCursor, encodeCursor } from '../store/cursor.ts';
import type { Records, StoredMessage } from '../store/records.ts';
import { pageOf } from './page.ts';
import type { RecentChat, RecentMessages } from './recent.ts';

/** A connection may send so many messages at once, and after that so many a second. */
const BURST = 20;
const PER_SECOND = 2;

export interface ChatOptions {
  calls: Pick<Calls, 'state'>;
  courier: Pick<Courier, 'broadcast'>;
  recent: RecentChat;
  records: Pick<Records, 'chat' | 'chatMessage'>;
  record: (entry: RecordEntry) => void;
  now: () => number;
}

export class Chat {
  readonly #options: ChatOptions;
  readonly #now: () => number;
  /** What each connection may still send, as of when. */
  readonly #allowances = new WeakMap<Caller, { left: number; at: number }>();

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#now = options.now;
  }

  handlers(): HandlersOf<'chat:send' | 'chat:history'> {
    return {
      'chat:send': async (caller, { callId, text, clientMessageId }) => {
        const { state, member } = await this.#member(caller, callId);
        const { publish, chat = publish } = caller.claims.grants;
        if (!chat) throw new CodedError('forbidden', 'This token may not send chat messages.');
        this.#spend(caller);
        const { messageId, at } = await this.#send(state, member, clientMessageId, text);
        return { messageId, at: new Date(at).toISOString() };
      },
      'chat:history': async (caller, { callId, limit, cursor }) => {
        const { state } = await this.#member(caller, callId);
        const { messages, next } = await this.#history(state.recordId, limit, cursor);
        return {
          messages: messages.map((message) => ({
            callId,
            ...message,
            at: new Date(message.at).toISOString(),
          })),
          nextCursor: next && encodeCursor(next),
        };
      },
    };
  }

  async #send(
    { callId, recordId }: CallState,
    { participantId, userId, displayName }: Member,
    clientMessageId: string,
    text: string,
  ): Promise<StoredMessage> {
    const { recent, courier, record } = this.#options;
    const messageId = messageIdOf(recordId, participantId, clientMessageId);
    const { found, extent } = await recent.find(recordId, messageId);
    const sent = { messageId, participantId, userId, displayName, text, at: this.#now() };
    let kept: 'all' | 'latest' = 'all';
    if (!found && extent !== 'all') {
      const recorded = await this.#recorded(recordId, messageId);
      if (typeof recorded === 'object') return recorded;
      if (extent === 'latest' || recorded === 'others') kept = 'latest';
    }
    const { message, isNew } = await recent.add(recordId, sent, kept);
    if (!isNew) return message;
    courier.broadcast(callId, null, {
      name: 'chat:message',
      payload: { callId, ...message, at: new Date(message.at).toISOString() },
    });
    record({ type: 'chat-sent', recordId, ...message });
    return message;
  }

  /**
   * A message that is sent again after it has been forgotten is in the records.
   * @returns it; or whether there are other messages of the call, as far as the records can be read
   */
  async #recorded(recordId: string, messageId: string): Promise<StoredMessage | 'others' | 'none'> {
    const { records } = this.#options;
    try {
      const message = await records.chatMessage(messageId);
      if (message) return message;
      return (await records.chat(recordId, 1, null)).length > 0 ? 'others' : 'none';
    } catch {
      // Told once more then, under the same id.
      return 'others';
    }
  }

  async #history(recordId: string, limit: number, cursor: string | undefined) {
    const { recent, records } = this.#options;
    const before = cursor === undefined ? null : decodeCursor(cursor);
    // What is recorded can be read without the recent ones.
    const { messages, extent } = await recent
      .list(recordId)
      .catch((): RecentMessages => ({ messages: [], extent: 'unknown' }));
    if (extent === 'all') return pageOf(messages, [], before, limit);
    try {
      return pageOf(messages, await records.chat(recordId, limit + 1, before), before, limit);
    } catch (error) {
      const page = pageOf(messages, [], before, limit, true);
      if (page.messages.length === 0) throw error;
      return page;
    }
  }

  async #member(caller: Caller, callId: string): Promise<{ state: CallState; member: Member }> {
    const participantId = joinedAs(caller, callId);
    const state = await this.#options.calls.state(callId);
    const member = state && memberOf(state, participantId);
    if (!member) throw new CodedError('not-joined');
    return { state, member };
  }

  #spend(caller: Caller): void {
    const now = this.#now();
    const before = this.#allowances.get(caller) ?? { left: BURST, at: now };
    const left = Math.min(BURST, before.left + (Math.max(0, now - before.at) / 1_000) * PER_SECOND);
    if (left < 1) throw new CodedError('rate-limited', 'Too many chat messages.');
    this.#allowances.set(caller, { left: left - 1, at: now });
  }
}

/**
 * The same message has the same id, whichever gateway takes it and however often. Lower-case hexadecimal, so that a
 * database sorts it as we do.
 */
function messageIdOf(recordId: string, participantId: string, clientMessageId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([recordId, participantId, clientMessageId]))
    .digest('hex')
    .slice(0, 32);
}
