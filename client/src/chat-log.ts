/**
 * The messages of a call as they are shown: those from before one joined page by page, the newest appended, each once, and
 * one's own that are still on their way. After a lost connection it asks for what was missed. One for each call, made when
 * it is first looked at.
 */
import type { CallEvents } from './call-events.ts';
import type { ChatMessage, ChatPage, SentMessage } from './chat.ts';
import { randomId } from './random-id.ts';
import type { CallStatus } from './snapshot.ts';

/** A message of one's own that the gateway has not taken yet. */
export interface OutgoingMessage {
  /** What it is sent under, and known by here. */
  readonly clientMessageId: string;
  readonly text: string;
  readonly state: { readonly kind: 'sending' } | { readonly kind: 'failed'; readonly error: unknown };
}

export interface ChatView {
  /** Oldest first. */
  readonly messages: readonly ChatMessage[];
  /** One's own that are not among `messages` yet, in the order they were sent. */
  readonly outgoing: readonly OutgoingMessage[];
  /**
   * Of the messages before those: `loading`, there are `more`, these are all (`complete`), or they could not be had
   * (`failed`; `loadOlder` tries again).
   */
  readonly history: 'loading' | 'more' | 'complete' | 'failed';
}

/** What is needed of a call. */
export interface ChattingCall {
  readonly snapshot: { readonly status: CallStatus };
  on: <Name extends 'chat' | 'status'>(name: Name, listener: (event: CallEvents[Name]) => void) => () => void;
  sendChat: (text: string, clientMessageId: string) => Promise<SentMessage>;
  chatHistory: (page?: { cursor?: string }) => Promise<ChatPage>;
}

/** So many pages are asked for to close the gap a lost connection has left; what is older is left to `loadOlder`. */
const MOST_PAGES_MISSED = 10;

export class ChatLog {
  readonly #call: ChattingCall;
  readonly #listeners = new Set<() => void>();
  /** Messages that were taken and have not been told yet: by message id, what they were sent under. */
  readonly #awaited = new Map<string, string>();
  #view: ChatView = { messages: [], outgoing: [], history: 'loading' };
  /** Where the next page of older messages begins; undefined: with the newest. */
  #cursor: string | undefined;
  #started = false;
  #loading = false;

  constructor(call: ChattingCall) {
    this.#call = call;
  }

  /** Immutable, a new object on every change. */
  get view(): ChatView {
    return this.#view;
  }

  /** Calls the listener after every change. Returns how to stop that. The first one has the newest messages loaded. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#start();
    return () => this.#listeners.delete(listener);
  }

  /** Sends a message; how that goes is told by the view. */
  async send(text: string): Promise<void> {
    const clientMessageId = randomId();
    const outgoing = [...this.#view.outgoing, { clientMessageId, text, state: { kind: 'sending' } } as const];
    this.#set({ outgoing });
    await this.#trySending(clientMessageId, text);
  }

  /** Sends a message again that failed; under the same id, so it is not doubled if it had arrived after all. */
  async retry(clientMessageId: string): Promise<void> {
    const message = this.#view.outgoing.find((one) => one.clientMessageId === clientMessageId);
    if (message?.state.kind !== 'failed') return;
    this.#setState(clientMessageId, { kind: 'sending' });
    await this.#trySending(clientMessageId, message.text);
  }

  /** Forgets a message that failed. */
  discard(clientMessageId: string): void {
    this.#set({
      outgoing: this.#view.outgoing.filter(
        (one) => one.clientMessageId !== clientMessageId || one.state.kind !== 'failed',
      ),
    });
  }

  /** Loads the page of messages before those there are. */
  async loadOlder(): Promise<void> {
    if (this.#loading || this.#view.history === 'complete') return;
    this.#loading = true;
    this.#set({ history: 'loading' });
    try {
      const page = await this.#page(this.#cursor);
      this.#cursor = page.nextCursor ?? undefined;
      this.#add(page.messages, { history: page.nextCursor === null ? 'complete' : 'more' });
    } catch {
      this.#set({ history: 'failed' });
    } finally {
      this.#loading = false;
    }
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    // For as long as there is the call: it goes when the call goes.
    this.#call.on('chat', (message) => this.#add([message]));
    this.#call.on('status', ({ status }) => {
      if (status.kind === 'joined') void this.#catchUp();
    });
    void this.loadOlder();
  }

  /** Asks for the newest messages, page by page, until one that is known. */
  async #catchUp(): Promise<void> {
    if (this.#view.history === 'failed') {
      await this.loadOlder();
      return;
    }
    const known = new Set(this.#view.messages.map(({ messageId }) => messageId));
    let cursor: string | undefined;
    try {
      for (let pages = 0; pages < MOST_PAGES_MISSED; pages += 1) {
        const page = await this.#page(cursor);
        this.#add(page.messages);
        if (page.nextCursor === null || page.messages.some(({ messageId }) => known.has(messageId))) return;
        cursor = page.nextCursor;
      }
    } catch {
      // The connection is lost again: the next one asks.
    }
  }

  async #page(cursor: string | undefined): Promise<ChatPage> {
    return this.#call.chatHistory(cursor === undefined ? {} : { cursor });
  }

  async #trySending(clientMessageId: string, text: string): Promise<void> {
    try {
      const { messageId } = await this.#call.sendChat(text, clientMessageId);
      // Told to everyone, oneself included, before or after this answer.
      if (this.#view.messages.some((message) => message.messageId === messageId)) this.#drop(clientMessageId);
      else this.#awaited.set(messageId, clientMessageId);
    } catch (error) {
      this.#setState(clientMessageId, { kind: 'failed', error });
    }
  }

  #add(messages: readonly ChatMessage[], change: Partial<ChatView> = {}): void {
    const arrived = messages.map(({ messageId }) => messageId).filter((id) => this.#awaited.has(id));
    const done = new Set(arrived.map((id) => this.#awaited.get(id)));
    for (const id of arrived) this.#awaited.delete(id);
    this.#set({
      messages: merged(this.#view.messages, messages),
      ...(done.size > 0 && {
        outgoing: this.#view.outgoing.filter((one) => !done.has(one.clientMessageId)),
      }),
      ...change,
    });
  }

  #drop(clientMessageId: string): void {
    this.#set({ outgoing: this.#view.outgoing.filter((one) => one.clientMessageId !== clientMessageId) });
  }

  #setState(clientMessageId: string, state: OutgoingMessage['state']): void {
    this.#set({
      outgoing: this.#view.outgoing.map((one) =>
        one.clientMessageId === clientMessageId ? { ...one, state } : one,
      ),
    });
  }

  #set(change: Partial<ChatView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Both lists as one, each message once, in the gateway's order: by time, then by id. Pure. */
export function merged(known: readonly ChatMessage[], more: readonly ChatMessage[]): readonly ChatMessage[] {
  const ids = new Set(known.map(({ messageId }) => messageId));
  const fresh = more.filter(({ messageId }) => !ids.has(messageId));
  return fresh.length === 0 ? known : [...known, ...fresh].sort(inOrder);
}

function inOrder(a: ChatMessage, b: ChatMessage): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.messageId < b.messageId ? -1 : 1;
}
