/** What the chat shows of the messages of a call. Pure. */
import type { ChatMessage } from '@crossfade/client/call';

export interface ChatEntry extends ChatMessage {
  /** Written by the one who reads it. */
  readonly own: boolean;
}

/**
 * How many messages of others have come that were not looked at.
 * @param entries oldest first
 * @param read the last one that was looked at; null: none was
 */
export function unreadCount(entries: readonly ChatEntry[], read: string | null): number {
  const last = entries.findLastIndex(({ messageId }) => messageId === read);
  return entries.slice(last + 1).filter(({ own }) => !own).length;
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
