import { classes } from '../../ui/classes.ts';
import type { ChatGroup } from './chat-log.ts';
import { linkParts } from './links.ts';

/** What one person said in a row. */
export function MessageGroup({ group }: { group: ChatGroup }) {
  const { own, displayName, at, entries } = group;
  return (
    <article className={classes('flex flex-col gap-1', own ? 'items-end' : 'items-start')}>
      <p className="flex max-w-full items-baseline gap-2 text-xs text-muted">
        <span className="truncate font-medium text-ink">{own ? 'You' : displayName}</span>
        <time dateTime={at} className="shrink-0 tabular-nums">
          {clockTime(at)}
        </time>
      </p>
      {entries.map(({ messageId, text }) => (
        <MessageText key={messageId} text={text} own={own} />
      ))}
    </article>
  );
}

interface FailedMessageProps {
  text: string;
  failure: string;
  onAgain: () => void;
  onDiscard: () => void;
}

/** A message of one's own that the others do not have. */
export function FailedMessage({ text, failure, onAgain, onDiscard }: FailedMessageProps) {
  const button = 'min-h-8 cursor-pointer rounded-lg px-2 font-semibold underline-offset-2 hover:underline';
  return (
    <div className="flex flex-col items-end">
      <MessageText text={text} own />
      <p className="mt-1 max-w-[85%] rounded-lg bg-notice px-2.5 py-1 text-xs text-pretty text-on-notice">
        Not sent. {failure}
      </p>
      <p className="text-xs">
        <button type="button" onClick={onAgain} className={button}>
          Send again
        </button>
        <button type="button" onClick={onDiscard} className={button}>
          Discard
        </button>
      </p>
    </div>
  );
}

/** Lines as they were written; addresses of the web can be followed, in a tab of their own. */
export function MessageText({ text, own }: { text: string; own: boolean }) {
  return (
    <p
      dir="auto"
      className={classes(
        'max-w-[85%] rounded-2xl px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap',
        own ? 'rounded-br-md bg-accent text-on-accent' : 'rounded-bl-md bg-raised text-ink',
      )}
    >
      {linkParts(text).map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          <a
            // Parts have no other identity, and never change.
            key={index}
            href={part.href}
            target="_blank"
            rel="noopener noreferrer"
            className="underline underline-offset-2"
          >
            {part.text}
          </a>
        ),
      )}
    </p>
  );
}

function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
