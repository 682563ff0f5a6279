import type { Mode } from '@crossfade/shared/signalling';
import { ArrowLeftRight, Server } from 'lucide-react';
import { useId } from 'react';
import { classes } from '../ui/classes.ts';
import { MODES, describeMode } from './modes.ts';

interface ModeBadgeProps {
  mode: Mode;
  switchingTo: Mode | null;
}

/** Where the call's media run. */
export function ModeBadge({ mode, switchingTo }: ModeBadgeProps) {
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
      <span
        role="group"
        data-testid="mode-badge"
        data-mode={mode}
        aria-label={`Mode: ${MODES[mode].label}`}
        aria-describedby={id}
        title={describeMode(mode, switchingTo)}
        className={classes(
          'inline-flex h-9 w-36 max-sm:h-8 max-sm:w-32 max-sm:text-xs items-center justify-center gap-2 rounded-full border border-line text-sm font-medium transition-colors duration-300',
          mode === 'p2p' ? 'text-direct' : 'text-server',
        )}
      >
        <Icon aria-hidden="true" className={classes('size-4', switching && 'animate-breathe')} />
        {MODES[mode].label}
      </span>
      <span id={id} className="sr-only">
        {describeMode(mode, switchingTo)}
      </span>
    </div>
  );
}
