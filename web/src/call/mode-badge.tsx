import type { Mode } from '@crossfade/shared/signalling';
import { ArrowLeftRight, Server, User } from 'lucide-react';
import { useId } from 'react';
import { classes } from '../ui/classes.ts';
import { describeMode, whereItRuns } from './modes.ts';

interface ModeBadgeProps {
  mode: Mode;
  switchingTo: Mode | null;
  /** How many others are in the call. */
  others: number;
  /** Whether the panel that tells more is open. */
  open: boolean;
  onPress: () => void;
}

/** Where the call's media run; pressed, it tells more. */
export function ModeBadge({ mode, switchingTo, others, open, onPress }: ModeBadgeProps) {
  const id = useId();
  const direct = mode === 'p2p';
  const Icon = others === 0 ? User : direct ? ArrowLeftRight : Server;
  const colour = others === 0 ? 'text-muted' : direct ? 'text-direct' : 'text-server';
  const switching = switchingTo !== null;
  return (
    <div className="relative flex items-center">
      <span
        aria-hidden="true"
        className={classes(
          'absolute right-full mr-2.5 text-sm text-muted transition-opacity duration-300 max-sm:hidden',
          !switching && 'opacity-0',
        )}
      >
        switching…
      </span>
      <button
        type="button"
        data-testid="mode-badge"
        data-mode={mode}
        aria-describedby={id}
        aria-expanded={open}
        onClick={onPress}
        className="group/badge flex h-11 cursor-pointer items-center rounded-full"
      >
        <span
          className={classes(
            'flex h-9 w-36 items-center justify-center gap-2 rounded-full border border-line text-sm font-medium transition-colors duration-300 group-hover/badge:bg-surface max-sm:h-8 max-sm:w-32 max-sm:text-xs',
            colour,
          )}
        >
          <Icon aria-hidden="true" className={classes('size-4', switching && 'animate-breathe')} />
          {whereItRuns(mode, others).label}
        </span>
      </button>
      <span id={id} hidden>
        {describeMode(mode, others, switchingTo)}
      </span>
    </div>
  );
}
