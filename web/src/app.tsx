import type { LocalMedia } from '@crossfade/client/local-media';
import { useEffect, useState } from 'react';
import { EndedPage } from './ended/ended-page.tsx';
import { pastVisit, type PastVisit } from './ended/past-visit.ts';
import type { Entered } from './join/enter-call.ts';
import { JoinPage } from './join/join-page.tsx';
import { callPath, destinationOf } from './location/address.ts';
import { useAddress } from './location/use-address.ts';
import { NoSuchPage } from './no-such-page.tsx';

type Visit =
  { kind: 'outside' } | ({ kind: 'inside'; media: LocalMedia } & Entered) | { kind: 'past'; past: PastVisit };

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

  const enter = (entered: Entered, media: LocalMedia) => {
    setVisit({ kind: 'inside', media, ...entered });
    const { callId } = entered.call.snapshot;
    // Back should lead out of the call, not to another address of it.
    navigate(callPath(callId), { replace: callId === addressed });
  };

  if (visit.kind === 'inside') {
    const { CallPage } = visit;
    return (
      <CallPage
        call={visit.call}
        media={visit.media}
        onEnded={(ending) => {
          setVisit({ kind: 'past', past: pastVisit(visit.call, visit.media, ending) });
          visit.media.close();
        }}
      />
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
