import { classes } from '../ui/classes.ts';
import type { Notice } from './use-notices.ts';

/** Who came, who left and the like: shown briefly over the pictures, and spoken. */
export function Notices({ notices }: { notices: readonly Notice[] }) {
  return (
    <div aria-live="polite" className="flex max-w-full flex-col items-center gap-2">
      {notices.map(({ id, text, spokenOnly }) => (
        <p
          key={id}
          className={classes(
            spokenOnly
              ? 'sr-only'
              : 'max-w-full animate-appear rounded-2xl bg-black/75 px-4 py-2 text-center text-sm text-pretty wrap-anywhere text-ink',
          )}
        >
          {text}
        </p>
      ))}
    </div>
  );
}
