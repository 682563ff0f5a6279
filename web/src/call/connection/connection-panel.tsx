import type { Call, CallSnapshot } from '@crossfade/client/call';
import { useEffect, useRef } from 'react';
import { whereItRuns } from '../modes.ts';
import { SidePanel } from '../side-panel.tsx';
import { DecisionList } from './decision-list.tsx';
import { PathList } from './path-list.tsx';

interface ConnectionPanelProps {
  call: Call;
  snapshot: CallSnapshot;
  onClose: () => void;
}

/** Where the call runs, how everyone is received, and why it runs there. */
export function ConnectionPanel({ call, snapshot, onClose }: ConnectionPanelProps) {
  const { mode, switchingTo, epoch, remotes } = snapshot;
  const scrolled = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scrolled.current?.focus();
  }, []);
  const where = whereItRuns(mode, remotes.length);
  return (
    <SidePanel title="Connection" onClose={onClose}>
      <div
        ref={scrolled}
        tabIndex={0}
        role="region"
        aria-label="Connection in detail"
        className="min-h-0 grow overflow-y-auto overscroll-contain p-4 focus-visible:-outline-offset-3"
      >
        <h3 className="font-semibold">{where.label}</h3>
        <p className="mt-1 text-sm text-pretty text-muted">{where.explanation}</p>
        <h3 className="mt-5 text-sm font-semibold">How the others reach you</h3>
        <PathList call={call} remotes={remotes} />
        <h3 className="mt-5 text-sm font-semibold">What the service decided</h3>
        <DecisionList call={call} sign={`${mode} ${String(switchingTo)} ${epoch} ${remotes.length}`} />
      </div>
    </SidePanel>
  );
}
