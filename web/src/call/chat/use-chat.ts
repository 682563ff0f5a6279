import type { Call, ChatMessage } from '@crossfade/client/call';
import { useCallback, useEffect, useEffectEvent, useReducer, useState } from 'react';
import { chatErrorText } from './chat-error.ts';
import { changedChat, EMPTY_CHAT, type ChatEntry, type ChatLog } from './chat-log.ts';

export interface Chat {
  readonly log: ChatLog;
  /** What somebody else has said last, for a screen reader. */
  readonly spoken: string;
  /** Sends a new message, or one that failed once more under its id. */
  readonly send: (text: string, id?: string) => void;
  readonly discard: (id: string) => void;
  /** Reads the page of older messages. */
  readonly readOlder: () => void;
  readonly readingOlder: boolean;
}

/** The chat of a call, kept whether or not it is open. */
export function useChat(call: Call, open: boolean): Chat {
  const [log, change] = useReducer(changedChat, EMPTY_CHAT);
  const [spoken, setSpoken] = useState('');
  const [readingOlder, setReadingOlder] = useState(false);

  const entryOf = useCallback(
    (message: ChatMessage): ChatEntry => {
      const own = message.participantId === call.snapshot.participantId || message.userId === call.userId;
      return { ...message, own };
    },
    [call],
  );

  const receive = useEffectEvent((message: ChatMessage) => {
    const entry = entryOf(message);
    change({ kind: 'received', entry, looking: open });
    if (!entry.own) setSpoken(`${entry.displayName}: ${entry.text}`);
  });
  const readNewest = useEffectEvent(() => {
    call.chatHistory().then(
      ({ messages, nextCursor }) =>
        change({ kind: 'newest', page: { messages: messages.map(entryOf), nextCursor }, looking: open }),
      // It is read again after the next reconnection, or when the chat is opened.
      () => undefined,
    );
  });

  useEffect(() => {
    let status = call.snapshot.status.kind;
    const stopChat = call.onChat((message) => receive(message));
    const stopCall = call.subscribe(() => {
      const before = status;
      status = call.snapshot.status.kind;
      // Nobody was told of what was said meanwhile.
      if (before === 'reconnecting' && status === 'joined') readNewest();
    });
    readNewest();
    return () => {
      stopChat();
      stopCall();
    };
  }, [call]);

  const { loaded } = log;
  useEffect(() => {
    if (!open) return;
    change({ kind: 'read' });
    if (!loaded) readNewest();
  }, [open, loaded]);

  const send = (text: string, id: string = crypto.randomUUID()) => {
    change({ kind: 'sending', id, text });
    call.sendChat(text, id).then(
      ({ messageId, at }) => {
        const { callId, participantId, local } = call.snapshot;
        const { displayName } = local;
        const entry = {
          callId,
          messageId,
          participantId,
          userId: call.userId,
          displayName,
          text,
          at,
          own: true,
        };
        change({ kind: 'sent', id, entry });
      },
      (error: unknown) => change({ kind: 'failed', id, failure: chatErrorText(error) }),
    );
  };

  const readOlder = () => {
    if (log.older === null || readingOlder) return;
    setReadingOlder(true);
    call
      .chatHistory({ cursor: log.older })
      .then(
        ({ messages, nextCursor }) =>
          change({ kind: 'older', page: { messages: messages.map(entryOf), nextCursor } }),
        // The button is still there.
        () => undefined,
      )
      .finally(() => setReadingOlder(false));
  };

  const discard = (id: string) => change({ kind: 'discarded', id });
  return { log, spoken, send, discard, readOlder, readingOlder };
}
