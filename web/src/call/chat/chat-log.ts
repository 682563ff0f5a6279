/** What the chat holds: messages as they come in whatever order, and those on their way out. Pure. */
import type { ChatMessage, ChatPage } from '@crossfade/client/call';

export interface ChatEntry extends ChatMessage {
  /** Written by the one who reads it. */
  readonly own: boolean;
}

/** A message of one's own that the others do not have yet. */
export interface Outgoing {
  /** The same however often it is sent. */
  readonly id: string;
  readonly text: string;
  /** Why it could not be sent; null: it is on its way. */
  readonly failure: string | null;
}

export interface ChatLog {
  /** Oldest first, each once. */
  readonly entries: readonly ChatEntry[];
  /** In the order in which they were written. */
  readonly outgoing: readonly Outgoing[];
  /** Where the page of older messages begins; null: there are none, as far as is known. */
  readonly older: string | null;
  /** Whether the messages from before one joined are there. */
  readonly loaded: boolean;
  /** How many have come that were not looked at. */
  readonly unread: number;
}

/** `looking`: whether whoever reads has the chat open. */
export type ChatChange =
  | { readonly kind: 'received'; readonly entry: ChatEntry; readonly looking: boolean }
  | { readonly kind: 'newest'; readonly page: Page; readonly looking: boolean }
  | { readonly kind: 'older'; readonly page: Page }
  | { readonly kind: 'sending'; readonly id: string; readonly text: string }
  | { readonly kind: 'sent'; readonly id: string; readonly entry: ChatEntry }
  | { readonly kind: 'failed'; readonly id: string; readonly failure: string }
  | { readonly kind: 'discarded'; readonly id: string }
  | { readonly kind: 'read' };

type Page = Pick<ChatPage, 'nextCursor'> & { readonly messages: readonly ChatEntry[] };

export const EMPTY_CHAT: ChatLog = { entries: [], outgoing: [], older: null, loaded: false, unread: 0 };

export function changedChat(log: ChatLog, change: ChatChange): ChatLog {
  switch (change.kind) {
    case 'received': {
      const { entry, looking } = change;
      return { ...withEntries(log, [entry], looking), outgoing: withoutEcho(log.outgoing, entry) };
    }
    case 'newest': {
      const { page, looking } = change;
      // What was said before one came is not news; what was missed while the connection was lost is.
      const merged = withEntries(log, page.messages, looking || !log.loaded);
      return log.loaded ? merged : { ...merged, loaded: true, older: page.nextCursor };
    }
    case 'older':
      return { ...withEntries(log, change.page.messages, true), older: change.page.nextCursor };
    case 'sending': {
      const { id, text } = change;
      const others = log.outgoing.filter((one) => one.id !== id);
      return { ...log, outgoing: [...others, { id, text, failure: null }] };
    }
    case 'sent':
      return { ...withEntries(log, [change.entry], true), outgoing: without(log.outgoing, change.id) };
    case 'failed': {
      const { id, failure } = change;
      return { ...log, outgoing: log.outgoing.map((one) => (one.id === id ? { ...one, failure } : one)) };
    }
    case 'discarded':
      return { ...log, outgoing: without(log.outgoing, change.id) };
    case 'read':
      return log.unread === 0 ? log : { ...log, unread: 0 };
  }
}

/** A message that comes back before its sending is acknowledged is not shown twice. */
function withoutEcho(outgoing: readonly Outgoing[], { own, text }: ChatEntry): readonly Outgoing[] {
  const echoed = own && outgoing.find((one) => one.text === text && one.failure === null);
  return echoed ? without(outgoing, echoed.id) : outgoing;
}

function without(outgoing: readonly Outgoing[], id: string): readonly Outgoing[] {
  return outgoing.filter((one) => one.id !== id);
}

function withEntries(log: ChatLog, entries: readonly ChatEntry[], read: boolean): ChatLog {
  const known = new Set(log.entries.map(({ messageId }) => messageId));
  const fresh = entries.filter(({ messageId }) => !known.has(messageId));
  if (fresh.length === 0) return log;
  // Stable: what has the same time stays as it came.
  const all = [...log.entries, ...fresh].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const unread = read ? 0 : fresh.filter(({ own }) => !own).length;
  return { ...log, entries: all, unread: log.unread + unread };
}

export interface ChatGroup {
  readonly key: string;
  readonly own: boolean;
  readonly displayName: string;
  /** Of the first, ISO 8601. */
  readonly at: string;
  readonly entries: readonly ChatEntry[];
}

/** A later message gets its own heading, milliseconds. */
const TOGETHER_MS = 5 * 60_000;

/** What one person says in a row stands under one heading. */
export function chatGroups(entries: readonly ChatEntry[]): ChatGroup[] {
  const groups: (ChatGroup & { entries: ChatEntry[] })[] = [];
  for (const entry of entries) {
    const { messageId, own, displayName, participantId, at } = entry;
    const group = groups.at(-1);
    const first = group?.entries[0];
    const together =
      first?.participantId === participantId && Date.parse(at) - Date.parse(first.at) < TOGETHER_MS;
    if (together) group?.entries.push(entry);
    else groups.push({ key: messageId, own, displayName, at, entries: [entry] });
  }
  return groups;
}
