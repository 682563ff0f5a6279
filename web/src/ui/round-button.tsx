import type { LucideIcon } from 'lucide-react';
import type { ComponentProps } from 'react';
import { classes } from './classes.ts';
import { Tip } from './tip.tsx';

interface RoundButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** Its name; stays the same in every state. */
  label: string;
  /** What a press does now. */
  hint: string;
  icon: LucideIcon;
  /** As in `aria-keyshortcuts`. */
  shortcut?: string;
  /** Bright, because something is off that people expect to be on. */
  bright?: boolean;
}

/** A round button with an icon, and its explanation above it. */
export function RoundButton({
  label,
  hint,
  icon: Icon,
  shortcut,
  bright = false,
  ...rest
}: RoundButtonProps) {
  return (
    <Tip text={hint} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        aria-keyshortcuts={shortcut}
        className={classes(
          'flex size-12 cursor-pointer items-center justify-center rounded-full transition-colors',
          'disabled:cursor-default disabled:opacity-50',
          bright ? 'bg-ink text-canvas hover:bg-ink/85' : 'bg-raised text-ink hover:bg-line',
        )}
        {...rest}
      >
        <Icon aria-hidden="true" className="size-5" />
      </button>
    </Tip>
  );
}
