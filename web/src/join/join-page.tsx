import type { LocalMedia } from '@crossfade/client/local-media';
import { useEffect } from 'react';
import { DevicePickers } from '../devices/device-pickers.tsx';
import { useOwnDevices } from '../devices/use-own-devices.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { loadCall, type Entered } from './enter-call.ts';
import { JoinForm } from './join-form.tsx';
import { Preview } from './preview.tsx';
import { useConnectionAhead } from './use-connection-ahead.ts';
import { useEntering } from './use-entering.ts';

interface JoinPageProps {
  /** The call in the address, if any. */
  addressed: string | null;
  /** What the address holds where it should name a call. */
  damaged: string | null;
  invitation: string | null;
  onJoined: (entered: Entered, media: LocalMedia) => void;
}

/** Who one is, which call, and how one will look and sound in it. */
export function JoinPage({ addressed, damaged, invitation, onJoined }: JoinPageProps) {
  const { media, tryAgain, goWithout, handOver } = useOwnDevices();
  const { entering, enter } = useEntering();
  const joining = entering.kind === 'joining';
  const ahead = useConnectionAhead(invitation);

  useEffect(() => {
    // Ahead of time; when it fails, joining tries again and tells.
    loadCall()
      .then(({ sdk }) => sdk.prepareToJoin())
      .catch(() => undefined);
  }, []);

  const join = async (name: string, callId: string, oneAtATime: boolean) => {
    if (media === null) return;
    const entered = await enter({
      name,
      callId,
      media,
      invitation,
      // Who the service speaks to over the one that is open already has no say in what the call is like.
      connection: oneAtATime ? null : ahead.take(),
      ...(oneAtATime && { policy: { requires: ['push-to-talk'] } }),
    });
    if (entered === null) return;
    handOver(media);
    onJoined(entered, media);
  };

  return (
    <div className="flex min-h-dvh flex-col bg-canvas text-ink">
      <title>{addressed === null ? 'Crossfade' : `Join ${addressed} · Crossfade`}</title>
      <PageHeader />
      <main className="mx-auto grid w-full max-w-6xl grow content-start gap-x-8 gap-y-5 px-5 pb-10 sm:px-8 md:grid-cols-[minmax(0,1.35fr)_minmax(0,1fr)] lg:gap-x-14 roomy:pt-[7vh]">
        <section aria-label="Camera and microphone" className="contents md:flex md:flex-col md:gap-4">
          <div className="max-md:order-2">
            <Preview
              media={media}
              onGoWithout={goWithout}
              onTryAgain={() => {
                // Those that are open are about to be the call's.
                if (!joining) tryAgain();
              }}
            />
          </div>
          {/* On a phone the button to join should be there without scrolling; these are seldom needed. */}
          <div className="flex gap-4 max-md:order-4">
            <DevicePickers media={media} />
          </div>
        </section>
        <div className="contents md:block">
          <div className="max-md:order-1 md:mb-6 roomy:mb-8">
            <h1 className="text-3xl leading-[1.08] font-semibold tracking-tight text-balance short:text-2xl roomy:text-5xl">
              Calls that grow without a hiccup.
            </h1>
            <p className="mt-2 text-pretty text-muted max-sm:hidden short:hidden roomy:mt-4 roomy:text-lg">
              Two of you talk directly. When more arrive, a media server takes over, and nobody notices.
            </p>
          </div>
          <div className="max-md:order-3">
            <JoinForm
              addressed={addressed}
              damaged={damaged}
              mayChoose={invitation === null}
              ready={media !== null}
              joining={joining}
              failure={entering.kind === 'failed' ? entering.text : null}
              onFilled={ahead.setFilled}
              onSubmit={(name, callId, oneAtATime) => void join(name, callId, oneAtATime)}
            />
          </div>
        </div>
      </main>
    </div>
  );
}
