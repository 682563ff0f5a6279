import type { Call, RemoteParticipant } from '@crossfade/client/call';
import { distinctNames } from './distinct-names.ts';
import { usePathFigures } from './use-path-figures.ts';

interface PathTableProps {
  call: Call;
  remotes: readonly RemoteParticipant[];
}

/** How everyone is received at the moment. */
export function PathTable({ call, remotes }: PathTableProps) {
  const figures = usePathFigures(call);
  if (remotes.length === 0) return <p className="mt-3 text-sm text-muted">Nobody else is here yet.</p>;
  const names = distinctNames(remotes.map(({ displayName }) => displayName));
  return (
    <table className="mt-3 w-full border-collapse text-left text-sm tabular-nums">
      <thead className="text-muted">
        <tr>
          <th className="py-1 pr-3 font-medium">From</th>
          <th className="py-1 pr-3 font-medium">Round trip</th>
          <th className="py-1 pr-3 font-medium max-sm:hidden">Picture</th>
          <th className="py-1 font-medium">Received</th>
        </tr>
      </thead>
      <tbody>
        {remotes.map(({ participantId, displayName }, index) => {
          const row = figures.find((one) => one.participantId === participantId);
          return (
            <tr key={participantId} className="border-t border-line">
              <th className="max-w-28 truncate py-1.5 pr-3 font-normal">{names[index] ?? displayName}</th>
              <td className="py-1.5 pr-3 whitespace-nowrap">{row?.roundTrip ?? '–'}</td>
              <td className="py-1.5 pr-3 whitespace-nowrap max-sm:hidden">{row?.picture ?? '–'}</td>
              <td className="py-1.5 whitespace-nowrap">{row?.rate ?? '–'}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
