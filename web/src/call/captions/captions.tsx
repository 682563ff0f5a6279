import type { Call } from '@crossfade/client/call';
import { useSyncExternalStore } from 'react';
import { classes } from '../../ui/classes.ts';
import { useClock } from '../use-clock.ts';
import { shownCaptions } from './caption-lines.ts';

const LOOK_EVERY_MS = 1_000;

/** What is being said, over the pictures: a name before each line. */
export function Captions({ call }: { call: Call }) {
  const lines = useSyncExternalStore(
    (listener) => call.onCaptions(listener),
    () => call.captions,
  );
  const now = useClock(LOOK_EVERY_MS);
  const shown = shownCaptions(lines, now);
  const finished = lines.findLast(({ final }) => final);
  return (
    <section
      aria-label="Captions"
      className="over-picture w-full portrait:max-w-[64%] portrait:self-start landscape:max-w-[min(58%,40rem,max(12rem,100dvh-14rem))]"
    >
      {lines.length === 0 ? (
        <p className="mx-auto w-fit rounded-2xl bg-surface/90 px-4 py-2 text-center text-sm text-pretty text-muted">
          <span className="short:hidden">
            What is said will appear here, if this call is transcribed. Nothing has come so far.
          </span>
          <span className="not-short:hidden">No captions so far.</span>
        </p>
      ) : (
        shown.length > 0 && (
          <div className="rounded-2xl bg-surface/90 px-4 py-2.5 text-ink">
            {shown.map(({ id, displayName, text, final }) => (
              // Of a long line the end counts.
              <p key={id} className="flex max-h-[2.9em] flex-col justify-end overflow-hidden leading-snug">
                <span className={classes('text-pretty wrap-anywhere', !final && 'opacity-80')}>
                  <b className="mr-2 font-semibold text-accent">
                    {displayName === '' ? 'Someone' : displayName}
                  </b>
                  {text}
                </span>
              </p>
            ))}
          </div>
        )
      )}
      {/* Guesses change with every word: what is read out is what it was in the end. */}
      <p aria-live="polite" className="sr-only">
        {finished && `${finished.displayName}: ${finished.text}`}
      </p>
    </section>
  );
}

/** The page's monotonic clock, looked at every second. */
