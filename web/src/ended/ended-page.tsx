import type { LocalMedia } from '@crossfade/client/local-media';
import { useState } from 'react';
import type { Entered } from '../join/enter-call.ts';
import { useEntering } from '../join/use-entering.ts';
import { Button } from '../ui/button.tsx';
import { PlainPage } from '../ui/plain-page.tsx';
import { endingText } from './ending-text.ts';
import { reopenMedia, type PastVisit } from './past-visit.ts';

interface EndedPageProps {
  past: PastVisit;
  invitation: string | null;
  onJoined: (entered: Entered, media: LocalMedia) => void;
  onHome: () => void;
}

export function EndedPage({ past, invitation, onJoined, onHome }: EndedPageProps) {
  const { entering, enter } = useEntering();
  const [opening, setOpening] = useState(false);
  const { title, text } = endingText(past.ending);
  const busy = opening || entering.kind === 'joining';

  const rejoin = async () => {
    setOpening(true);
    const media = await reopenMedia(past);
    const entered = await enter({ name: past.displayName, callId: past.callId, media, invitation });
    setOpening(false);
    if (entered === null) media.close();
    else onJoined(entered, media);
  };

  return (
    <PlainPage title={title} text={text}>
      <title>{`${title} · Crossfade`}</title>
      {past.ending.reason !== 'removed' && (
        <Button onClick={() => void rejoin()} disabled={busy} aria-busy={busy}>
          {busy ? 'Joining…' : 'Rejoin'}
        </Button>
      )}
      <Button look="quiet" onClick={onHome} disabled={busy}>
        Back to the start
      </Button>
      <p role="alert" className="w-full text-danger">
        {entering.kind === 'failed' ? entering.text : null}
      </p>
    </PlainPage>
  );
}
