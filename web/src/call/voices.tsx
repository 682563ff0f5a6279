import type { RemoteParticipant } from '@crossfade/client/call';
import { StreamAudio } from '../ui/stream-audio.tsx';

interface VoicesProps {
  remotes: readonly RemoteParticipant[];
  /** The browser plays sound only after a touch: then on these elements. */
  onBlocked: () => void;
}

/** Everyone is heard, whoever is seen: tiles come and go with the pages, their sound must not. */
export function Voices({ remotes, onBlocked }: VoicesProps) {
  return remotes.map(({ participantId, stream }) => (
    <StreamAudio key={participantId} stream={stream} onBlocked={onBlocked} />
  ));
}

/** After a touch. */
export function hearVoices(within: ParentNode | null): void {
  for (const audio of within?.querySelectorAll('audio') ?? []) audio.play().catch(() => undefined);
}
