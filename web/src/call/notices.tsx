import { classes } from '../ui/classes.ts';
import type { Notice } from './use-notices.ts';

/**
 * Who came, who left and the like: shown briefly over the pictures, and spoken. Beside the own picture in its corner
 * (`layoutCorner`), never over it: left of it on an upright screen, otherwise as narrow as the stage is low.
 */
export function Notices({ notices }: { notices: readonly Notice[] }) {
  return (
    <div
      aria-live="polite"
      className="over-picture flex flex-col items-center gap-2 portrait:max-w-[64%] portrait:items-start portrait:self-start landscape:max-w-[min(50%,26rem,max(10rem,100dvh-14rem))]"
    >
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
