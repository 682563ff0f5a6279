import type { Call, RemoteParticipant } from '@crossfade/client/call';
import { distinctNames } from '../distinct-names.ts';
import type { PathFigures } from '../path-figures.ts';
import { usePathFigures } from '../use-path-figures.ts';

interface PathListProps {
  call: Call;
  remotes: readonly RemoteParticipant[];
}

const FIGURES: readonly (readonly [keyof PathFigures, string])[] = [
  ['roundTrip', 'Round trip'],
  ['jitter', 'Jitter'],
  ['loss', 'Loss'],
  ['rate', 'Received'],
  ['picture', 'Picture'],
  ['codecs', 'Codecs'],
];

/** How everyone is received at the moment. */
export function PathList({ call, remotes }: PathListProps) {
  const figures = usePathFigures(call);
  if (remotes.length === 0) return <p className="mt-2 text-sm text-muted">Nobody else is here yet.</p>;
  const names = distinctNames(remotes.map(({ displayName }) => displayName));
  return (
    <ul className="mt-2 flex flex-col gap-2">
      {remotes.map(({ participantId, displayName }, index) => {
        const known = figures.find((one) => one.participantId === participantId);
        return (
          <li key={participantId} className="rounded-xl bg-raised px-3 py-2.5 text-sm">
            <p className="flex items-baseline justify-between gap-3">
              <b className="min-w-0 truncate font-semibold">{names[index] ?? displayName}</b>
              <span className="shrink-0 text-xs text-muted">{known?.way ?? '–'}</span>
            </p>
            <dl className="mt-1.5 grid grid-cols-[auto_auto_auto] justify-between gap-x-3 gap-y-1.5 tabular-nums">
              {FIGURES.map(([figure, label]) => (
                <div key={figure} className="min-w-0">
                  <dt className="text-xs text-muted">{label}</dt>
                  <dd className="text-xs">{known?.[figure] ?? '–'}</dd>
                </div>
              ))}
            </dl>
          </li>
        );
      })}
    </ul>
  );
}
