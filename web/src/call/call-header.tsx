import type { CallSnapshot } from '@crossfade/client/call';
import { Users } from 'lucide-react';
import { LogoMark } from '../ui/logo.tsx';
import { ModeBadge } from './mode-badge.tsx';

interface CallHeaderProps {
  snapshot: CallSnapshot;
  /** Something else is over everything. */
  covered: boolean;
  connectionOpen: boolean;
  onConnection: () => void;
}

/** Which call this is, how many are in it, and where its media run. */
export function CallHeader({ snapshot, covered, connectionOpen, onConnection }: CallHeaderProps) {
  const { callId, mode, switchingTo, remotes } = snapshot;
  return (
    <header inert={covered} className="flex h-14 shrink-0 items-center gap-3 px-3 sm:h-16 sm:px-5">
      <LogoMark className="max-sm:hidden" />
      <h1 className="min-w-0 truncate font-semibold tracking-tight">{callId}</h1>
      <p className="ml-1 flex shrink-0 items-center gap-1.5 text-sm whitespace-nowrap text-muted tabular-nums">
        <Users aria-hidden="true" className="size-4 shrink-0" />
        <span>
          {remotes.length + 1}
          <span className="max-sm:sr-only"> in the call</span>
        </span>
      </p>
      {/* The room at its left is for "switching…". */}
      <div className="ml-auto shrink-0 sm:pl-24">
        <ModeBadge
          mode={mode}
          switchingTo={switchingTo}
          others={remotes.length}
          open={connectionOpen}
          onPress={onConnection}
        />
      </div>
    </header>
  );
}
