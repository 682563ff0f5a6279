import type { Call } from '@crossfade/client/call';
import { useChat as useMessages, type UsedChat } from '@crossfade/client/react';
import { useEffect, useMemo, useState } from 'react';
import { unreadCount, type ChatEntry } from './chat-log.ts';

export interface Chat extends Omit<UsedChat, 'messages'> {
  /** Oldest first. */
  readonly entries: readonly ChatEntry[];
  /** How many have come that were not looked at. */
  readonly unread: number;
  /** What somebody else has said last, for a screen reader. */
  readonly spoken: string;
}

/** The chat of a call, kept whether or not it is open. */
export function useChat(call: Call, open: boolean): Chat {
  const { messages, ...chat } = useMessages(call);
  const { history } = chat;
  const [spoken, setSpoken] = useState('');
  /** The last message that was looked at; null: none was. What was said before one came is not news. */
  const [read, setRead] = useState<string | null | undefined>(undefined);

  const entries = useMemo(() => {
    const { participantId } = call.snapshot;
    const isOwn = (one: { participantId: string; userId: string }) =>
      one.participantId === participantId || one.userId === call.userId;
    return messages.map((message) => ({ ...message, own: isOwn(message) }));
  }, [call, messages]);
  const newest = entries.at(-1)?.messageId ?? null;
  const looking = open || (read === undefined && history !== 'loading');
  if (looking && read !== newest) setRead(newest);

  useEffect(
    () =>
      call.onChat(({ userId, displayName, text }) => {
        if (userId !== call.userId) setSpoken(`${displayName}: ${text}`);
      }),
    [call],
  );
  return { ...chat, entries, spoken, unread: read === undefined ? 0 : unreadCount(entries, read) };
}
