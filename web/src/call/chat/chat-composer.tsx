import { MAX_CHAT_LENGTH } from '@crossfade/shared/chat';
import { visibleLines } from '@crossfade/shared/visible-text';
import { SendHorizontal } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';

/** So many characters before the longest message, it is told how many are left. */
const NEARLY_FULL = 200;

/** Enter sends, Shift and Enter begin a new line. Takes the focus when it appears. */
export function ChatComposer({ onSend }: { onSend: (text: string) => void }) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const message = visibleLines(text);
  const left = MAX_CHAT_LENGTH - text.length;

  useEffect(() => {
    field.current?.focus();
  }, []);

  const send = () => {
    if (message === '') return;
    onSend(message);
    setText('');
    field.current?.focus();
  };

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      className="shrink-0 border-t border-line p-3"
    >
      <div className="flex items-end gap-2">
        <textarea
          ref={field}
          aria-label="Message"
          placeholder="Write to everyone"
          value={text}
          rows={1}
          maxLength={MAX_CHAT_LENGTH}
          enterKeyHint="send"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            // While characters are being composed, Enter takes the suggestion.
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          className="field-sizing-content max-h-32 min-h-11 min-w-0 grow resize-none rounded-xl border border-field bg-canvas px-3.5 py-2.5 text-sm text-ink placeholder:text-muted"
        />
        <button
          type="submit"
          aria-label="Send"
          disabled={message === ''}
          className="flex size-11 shrink-0 cursor-pointer items-center justify-center rounded-xl bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:cursor-default disabled:bg-raised disabled:text-muted"
        >
          <SendHorizontal aria-hidden="true" className="size-5" />
        </button>
      </div>
      {left <= NEARLY_FULL && (
        <p role="status" className="mt-1.5 text-xs text-muted tabular-nums">
          {left} characters left
        </p>
      )}
    </form>
  );
}
