import type { RemoteParticipant } from '@crossfade/client/call';
import { Fragment } from 'react';
import { StreamAudio } from '../ui/stream-audio.tsx';

interface VoicesProps {
  remotes: readonly RemoteParticipant[];
  /** The browser plays sound only after a touch: then on these elements. */
  onBlocked: () => void;
}

/** Everyone is heard, with the sound of their screens, whoever is seen: tiles come and go with the pages, their sound must not. */
export function Voices({ remotes, onBlocked }: VoicesProps) {
  return remotes.map(({ participantId, stream, screen }) => (
    <Fragment key={participantId}>
      <StreamAudio stream={stream} onBlocked={onBlocked} />
      {screen && <StreamAudio stream={screen} onBlocked={onBlocked} />}
    </Fragment>
  ));
}

/** After a touch. */
export function hearVoices(within: ParentNode | null): void {
  for (const audio of within?.querySelectorAll('audio') ?? []) audio.play().catch(() => undefined);
}
