import type { LucideIcon } from 'lucide-react';
import { useId, type ComponentProps } from 'react';
import { classes } from './classes.ts';
import { CountBadge } from './count-badge.tsx';
import { Tip } from './tip.tsx';

const LOOKS = {
  plain: 'bg-raised text-ink group-hover/round:bg-line',
  /** Something is off that people expect to be on. */
  bright: 'bg-ink text-canvas group-hover/round:bg-ink/85',
  /** Something is on that is off as a rule. */
  active: 'bg-accent text-on-accent group-hover/round:bg-accent-strong',
  danger: 'bg-stop text-white group-hover/round:bg-stop-strong',
};

interface RoundButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** Its name; stays the same in every state. */
  label: string;
  /** What a press does now. */
  hint: string;
  icon: LucideIcon;
  /** As in `aria-keyshortcuts`. */
  shortcut?: string | undefined;
  look?: keyof typeof LOOKS;
  /** Whether the name stands below, where the window is high enough. */
  named?: boolean;
  /** Shown at its edge, and told as `count` says: for example how many messages are unread. */
  count?: { readonly number: number; readonly text: string } | undefined;
}

/** A round button with an icon, and its explanation above it. */
export function RoundButton(props: RoundButtonProps) {
  const { label, hint, icon: Icon, shortcut, look = 'plain', named = false, count, ...rest } = props;
  const id = useId();
  const counted = count !== undefined && count.number > 0;
  return (
    <Tip text={hint} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        aria-keyshortcuts={shortcut}
        aria-describedby={counted ? id : undefined}
        className={classes(
          'group/round flex cursor-pointer flex-col items-center gap-1 disabled:cursor-default disabled:opacity-50',
          named ? 'w-16 rounded-2xl' : 'rounded-full',
        )}
        {...rest}
      >
        <span
          className={classes(
            'relative flex size-12 items-center justify-center rounded-full transition-colors',
            LOOKS[look],
          )}
        >
          <Icon aria-hidden="true" className="size-5" />
          {counted && (
            <span className="absolute -top-1 -right-1">
              <CountBadge number={count.number} className="ring-2 ring-canvas" />
              <span id={id} className="sr-only">
                {count.text}
              </span>
            </span>
          )}
        </span>
        {named && (
          <span
            aria-hidden="true"
            className="text-[0.6875rem] leading-4 whitespace-nowrap text-muted short:hidden"
          >
            {label}
          </span>
        )}
      </button>
    </Tip>
  );
}
