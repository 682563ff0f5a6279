import type { CallSnapshot } from '@crossfade/client/call';
import { Users } from 'lucide-react';
import { LogoMark } from '../ui/logo.tsx';
import { ModeBadge } from './mode-badge.tsx';

export function CallHeader({ snapshot }: { snapshot: CallSnapshot }) {
  const people = snapshot.remotes.length + 1;
  return (
    <header className="flex h-14 shrink-0 items-center gap-3 px-3 sm:h-16 sm:px-5">
      <LogoMark className="max-sm:hidden" />
      <h1 className="min-w-0 truncate font-semibold tracking-tight">{snapshot.callId}</h1>
      <p className="ml-1 flex items-center gap-1.5 text-sm text-muted tabular-nums">
        <Users aria-hidden="true" className="size-4" />
        <span>
          {people}
          <span className="max-sm:sr-only"> in the call</span>
        </span>
      </p>
      <div className="ml-auto">
        <ModeBadge mode={snapshot.mode} switchingTo={snapshot.switchingTo} />
      </div>
    </header>
  );
}
