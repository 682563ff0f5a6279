import type { LucideIcon } from 'lucide-react';
import { classes } from './classes.ts';
import { Tip } from './tip.tsx';

interface ToggleButtonProps {
  /** What is switched; stays the same whether it is on or off. */
  label: string;
  /** What a press does now. */
  hint: string;
  on: boolean;
  icon: LucideIcon;
  /** As in `aria-keyshortcuts`. */
  shortcut?: string;
  disabled?: boolean;
  onToggle: () => void;
}

/** A round button that is pressed while something is on. */
export function ToggleButton({
  label,
  hint,
  on,
  icon: Icon,
  shortcut,
  disabled,
  onToggle,
}: ToggleButtonProps) {
  return (
    <Tip text={hint} shortcut={shortcut}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={on}
        aria-keyshortcuts={shortcut}
        disabled={disabled}
        onClick={onToggle}
        className={classes(
          'flex size-12 cursor-pointer items-center justify-center rounded-full transition-colors',
          'disabled:cursor-default disabled:opacity-50',
          on ? 'bg-raised text-ink hover:bg-line' : 'bg-ink text-canvas hover:bg-ink/85',
        )}
      >
        <Icon aria-hidden="true" className="size-5" />
      </button>
    </Tip>
  );
}
