import type { Call } from '@crossfade/client/call';
import type { LocalMedia } from '@crossfade/client/local-media';
import { lazy, Suspense, useEffect, useState } from 'react';
import { EndedPage } from './ended/ended-page.tsx';
import { pastVisit, type PastVisit } from './ended/past-visit.ts';
import { JoinPage } from './join/join-page.tsx';
import { callPath, destinationOf } from './location/address.ts';
import { useAddress } from './location/use-address.ts';
import { NoSuchPage } from './no-such-page.tsx';

/** Loaded beside the SDK, before a call is entered. */
const CallPage = lazy(async () => ({ default: (await import('./call/call-page.tsx')).CallPage }));

type Visit =
  { kind: 'outside' } | { kind: 'inside'; call: Call; media: LocalMedia } | { kind: 'past'; past: PastVisit };

interface AppProps {
  /** The token of the invitation this page was opened with. */
  invitation: string | null;
}

export function App({ invitation }: AppProps) {
  const { address, navigate } = useAddress();
  const [visit, setVisit] = useState<Visit>({ kind: 'outside' });
  const destination = destinationOf(address);
  const addressed = destination.kind === 'call' ? destination.callId : null;
  const call = visit.kind === 'inside' ? visit.call : null;

  useEffect(() => {
    // Back, or another call in the address bar: one is in the call whose address is shown.
    if (call !== null && call.snapshot.callId !== addressed) void call.leave();
  }, [call, addressed]);

  const enter = (joined: Call, media: LocalMedia) => {
    setVisit({ kind: 'inside', call: joined, media });
    const { callId } = joined.snapshot;
    // Back should lead out of the call, not to another address of it.
    navigate(callPath(callId), { replace: callId === addressed });
  };

  if (visit.kind === 'inside') {
    return (
      <Suspense fallback={null}>
        <CallPage
          call={visit.call}
          media={visit.media}
          onEnded={(ending) => {
            setVisit({ kind: 'past', past: pastVisit(visit.call, visit.media, ending) });
            visit.media.close();
          }}
        />
      </Suspense>
    );
  }
  if (visit.kind === 'past' && visit.past.callId === addressed) {
    return (
      <EndedPage past={visit.past} invitation={invitation} onJoined={enter} onHome={() => navigate('/')} />
    );
  }
  if (destination.kind === 'unknown') return <NoSuchPage />;
  const damaged = destination.kind === 'damaged' ? destination.text : null;
  return (
    <JoinPage
      key={addressed ?? damaged}
      addressed={addressed}
      damaged={damaged}
      invitation={invitation}
      onJoined={enter}
    />
  );
}
