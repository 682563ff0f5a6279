/** Chat, as an application uses it: sends until it is taken, and tells each message once. Owned by the session. */
import type { ChatMessage } from '@crossfade/shared/chat';
import { CodedError } from '@crossfade/shared/errors';
import type { ClientAnswer } from '@crossfade/shared/signalling';
import { randomId } from './random-id.ts';
import type { Request } from './signalling.ts';

export type { ChatMessage } from '@crossfade/shared/chat';

export type SentMessage = ClientAnswer<'chat:send'>;

/** Messages, oldest first, and where the page of older ones begins. */
export type ChatPage = ClientAnswer<'chat:history'>;

/** A message that could not be sent is tried again so often, so long after; milliseconds. */
const TRIES = 4;
const RETRY_MS = 1_000;
/** Ids that are remembered, so that no message is told twice. */
const REMEMBERED = 500;

export class Chat {
  readonly #callId: string;
  readonly #request: Request;
  readonly #listeners = new Set<(message: ChatMessage) => void>();
  readonly #told = new Set<string>();

  constructor(callId: string, request: Request) {
    this.#callId = callId;
    this.#request = request;
  }

  async send(text: string, clientMessageId = randomId()): Promise<SentMessage> {
    // The same however often it is tried: the gateway takes it once.
    const message = { callId: this.#callId, text, clientMessageId };
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#request('chat:send', message);
      } catch (error) {
        if (!(error instanceof CodedError && error.retryable) || tries === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  history(page: { limit?: number; cursor?: string } = {}): Promise<ChatPage> {
    return this.#request('chat:history', { callId: this.#callId, ...page });
  }

  subscribe(listener: (message: ChatMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  received(message: ChatMessage): void {
    if (this.#told.has(message.messageId)) return;
    this.#told.add(message.messageId);
    const [oldest] = this.#told;
    if (this.#told.size > REMEMBERED && oldest !== undefined) this.#told.delete(oldest);
    for (const listener of this.#listeners) listener(message);
  }
}
