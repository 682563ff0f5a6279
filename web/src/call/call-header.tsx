import type { Call, CallSnapshot } from '@crossfade/client/call';
import { Users } from 'lucide-react';
import { useId } from 'react';
import { LogoMark } from '../ui/logo.tsx';
import { Popup } from '../ui/popup.tsx';
import { ModeBadge } from './mode-badge.tsx';
import { MODES } from './modes.ts';
import { PathTable } from './path-table.tsx';

interface CallHeaderProps {
  call: Call;
  snapshot: CallSnapshot;
}

/** Which call this is, how many are in it, and where its media run. */
export function CallHeader({ call, snapshot }: CallHeaderProps) {
  const { callId, mode, switchingTo, remotes } = snapshot;
  const popup = useId();
  return (
    <header className="flex h-14 shrink-0 items-center gap-3 px-3 sm:h-16 sm:px-5">
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
        <ModeBadge mode={mode} switchingTo={switchingTo} popup={popup} />
      </div>
      <Popup
        id={popup}
        label="Connection"
        className="top-16 right-3 w-[min(30rem,calc(100vw-1.5rem))] sm:right-5"
      >
        <h2 className="font-semibold">{MODES[mode].label}</h2>
        <p className="mt-1 text-sm text-pretty text-muted">{MODES[mode].explanation}</p>
        <PathTable call={call} remotes={remotes} />
      </Popup>
    </header>
  );
}
