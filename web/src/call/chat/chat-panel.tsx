import { SidePanel } from '../side-panel.tsx';
import { ChatComposer } from './chat-composer.tsx';
import { chatErrorText } from './chat-error.ts';
import { chatGroups } from './chat-log.ts';
import { FailedMessage, MessageGroup, MessageText } from './messages.tsx';
import type { Chat } from './use-chat.ts';

interface ChatPanelProps {
  chat: Chat;
  onClose: () => void;
}

/** What is said in writing, and a place to write. */
export function ChatPanel({ chat, onClose }: ChatPanelProps) {
  const { entries, outgoing, history, send, retry, discard, loadOlder } = chat;
  const [failure] = outgoing.flatMap(({ state }) =>
    state.kind === 'failed' ? [chatErrorText(state.error)] : [],
  );
  const nothing = entries.length === 0 && outgoing.length === 0;
  const empty = nothing && (history === 'complete' || history === 'failed');
  const reading = history === 'loading';
  return (
    <SidePanel title="Chat" onClose={onClose}>
      {/* From the end: the newest stay in view, and what is put before the first moves nothing. */}
      <div
        role="log"
        aria-live="off"
        aria-label="Messages"
        tabIndex={0}
        className="flex min-h-0 grow flex-col-reverse overflow-y-auto overscroll-contain focus-visible:-outline-offset-3"
      >
        <div className="flex flex-col gap-4 p-4">
          {history !== 'complete' && !(reading && nothing) && (
            <button
              type="button"
              onClick={() => void loadOlder()}
              disabled={reading}
              className="min-h-9 cursor-pointer self-center rounded-full bg-raised px-4 text-sm font-medium hover:bg-line disabled:cursor-default disabled:opacity-60"
            >
              {reading ? 'Reading…' : 'Show earlier messages'}
            </button>
          )}
          {empty && (
            <p className="px-4 py-8 text-center text-sm text-pretty text-muted">
              Nothing has been written yet. Everyone in the call reads what you write here.
            </p>
          )}
          {chatGroups(entries).map((group) => (
            <MessageGroup key={group.key} group={group} />
          ))}
          {outgoing.map(({ clientMessageId, text, state }) =>
            state.kind === 'sending' ? (
              <div key={clientMessageId} className="flex flex-col items-end opacity-60">
                <MessageText text={text} own />
                <p className="mt-1 text-xs text-muted">Sending…</p>
              </div>
            ) : (
              <FailedMessage
                key={clientMessageId}
                text={text}
                failure={chatErrorText(state.error)}
                onAgain={() => void retry(clientMessageId)}
                onDiscard={() => discard(clientMessageId)}
              />
            ),
          )}
        </div>
      </div>
      <p role="status" className="sr-only">
        {failure !== undefined && `A message was not sent. ${failure}`}
      </p>
      <ChatComposer onSend={(text) => void send(text)} />
    </SidePanel>
  );
}
