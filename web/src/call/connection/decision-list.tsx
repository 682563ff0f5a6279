import type { Call } from '@crossfade/client/call';
import { MODES } from '../modes.ts';
import { decisionInputs, decisionText } from './decision-text.ts';
import { useDecisions } from './use-decisions.ts';

const MOST = 10;

interface DecisionListProps {
  call: Call;
  /** They are read again whenever this is another one. */
  sign: string;
}

/** Why the call runs where it runs: the last decisions of the gateway, newest first. */
export function DecisionList({ call, sign }: DecisionListProps) {
  const known = useDecisions(call, sign);
  if (known.kind === 'reading') return <p className="mt-2 text-sm text-muted">Reading…</p>;
  if (known.kind === 'unknown')
    return <p className="mt-2 text-sm text-pretty text-muted">The decisions could not be read just now.</p>;
  return (
    <ol className="mt-2 flex flex-col gap-2">
      {known.decisions.slice(0, MOST).map((decision, index) => (
        <li key={`${decision.at} ${index}`} className="rounded-xl bg-raised px-3 py-2.5 text-sm">
          <p className="flex items-baseline justify-between gap-3">
            <b className={decision.target === 'p2p' ? 'text-direct' : 'text-server'}>
              {MODES[decision.target].label}
            </b>
            <time dateTime={decision.at} className="text-xs text-muted tabular-nums">
              {new Date(decision.at).toLocaleTimeString()}
            </time>
          </p>
          <p className="mt-0.5 text-pretty">{decisionText(decision)}</p>
          <details className="mt-1 text-xs text-muted">
            <summary className="w-fit cursor-pointer rounded py-1">What it was based on</summary>
            <dl className="mt-1 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 tabular-nums">
              {decisionInputs(decision).map(([name, value]) => (
                <div key={name} className="contents">
                  <dt>{name}</dt>
                  <dd className="text-right text-ink">{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        </li>
      ))}
    </ol>
  );
}
