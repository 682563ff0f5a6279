import type { Mode } from '@crossfade/shared/signalling';
import { ArrowLeftRight, Server } from 'lucide-react';
import { useId } from 'react';
import { classes } from '../ui/classes.ts';
import { MODES, describeMode } from './modes.ts';

interface ModeBadgeProps {
  mode: Mode;
  switchingTo: Mode | null;
  /** The popup that tells more. */
  popup: string;
}

/** Where the call's media run. */
export function ModeBadge({ mode, switchingTo, popup }: ModeBadgeProps) {
  const id = useId();
  const Icon = mode === 'p2p' ? ArrowLeftRight : Server;
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
        popoverTarget={popup}
        data-testid="mode-badge"
        data-mode={mode}
        aria-describedby={id}
        className={classes(
          'inline-flex h-9 w-36 cursor-pointer items-center justify-center gap-2 rounded-full border border-line text-sm font-medium transition-colors duration-300 hover:bg-surface max-sm:h-8 max-sm:w-32 max-sm:text-xs',
          mode === 'p2p' ? 'text-direct' : 'text-server',
        )}
      >
        <Icon aria-hidden="true" className={classes('size-4', switching && 'animate-breathe')} />
        {MODES[mode].label}
      </button>
      <span id={id} hidden>
        {describeMode(mode, switchingTo)}
      </span>
    </div>
  );
}
