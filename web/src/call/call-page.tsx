import type { Call } from '@crossfade/client/call';
import type { LocalMedia } from '@crossfade/client/local-media';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { problemText } from '../devices/problem-text.ts';
import type { Ending } from '../ended/ending-text.ts';
import { CallHeader } from './call-header.tsx';
import { ControlsBar } from './controls-bar.tsx';
import { callLink, copyLink } from './copy-link.ts';
import { Notices } from './notices.tsx';
import { ReconnectingBanner } from './reconnecting-banner.tsx';
import { SoundGate } from './sound-gate.tsx';
import { Stage } from './stage.tsx';
import { useCall } from './use-call.ts';
import { useNotices } from './use-notices.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { hearVoices } from './voices.tsx';

interface CallPageProps {
  call: Call;
  media: LocalMedia;
  onEnded: (ending: Ending) => void;
}

export function CallPage({ call, media, onEnded }: CallPageProps) {
  const snapshot = useCall(call);
  const { notices, tell } = useNotices(call);
  const [soundBlocked, setSoundBlocked] = useState(false);
  const stage = useRef<HTMLElement>(null);
  const { status, local, callId } = snapshot;

  useEffect(() => {
    window.crossfade = { call };
    return () => {
      delete window.crossfade;
    };
  }, [call]);

  const tellEnded = useEffectEvent(onEnded);
  useEffect(() => {
    if (status.kind === 'ended') tellEnded(status);
  }, [status]);

  const toggleMicrophone = () => {
    if (local.blocked.includes('audio')) tell('A moderator has turned your microphone off.');
    else if (media.track('audio') === null) tell(missingText(media, 'microphone'));
    else call.setMicrophone(!local.media.audio);
  };
  const toggleCamera = () => {
    if (local.blocked.includes('video')) tell('A moderator has turned your camera off.');
    else if (media.track('video') === null) tell(missingText(media, 'camera'));
    else call.setCamera(!local.media.video);
  };
  useShortcuts({ m: toggleMicrophone, v: toggleCamera });

  const copy = async () => {
    tell((await copyLink(callId)) ? 'Link copied' : callLink(callId));
  };
  const hearEveryone = () => {
    hearVoices(stage.current);
    setSoundBlocked(false);
  };

  return (
    <div className="call-theme fixed inset-0 flex flex-col overflow-hidden bg-canvas pt-[env(safe-area-inset-top)] pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)] text-ink">
      <title>{`${callId} · Crossfade`}</title>
      <CallHeader call={call} snapshot={snapshot} />
      <main ref={stage} className="relative min-h-0 grow px-2 sm:px-3">
        <Stage
          call={call}
          snapshot={snapshot}
          onSoundBlocked={() => setSoundBlocked(true)}
          onCopyLink={() => void copy()}
        />
        <ReconnectingBanner shown={status.kind === 'reconnecting'} />
        <div className="pointer-events-none absolute inset-x-0 bottom-12 z-20 flex flex-col items-center gap-3 px-4">
          <Notices notices={notices} />
          {soundBlocked && <SoundGate onOpen={hearEveryone} />}
        </div>
      </main>
      <ControlsBar
        media={media}
        sent={local.media}
        onMicrophone={toggleMicrophone}
        onCamera={toggleCamera}
        onCopyLink={() => void copy()}
        onLeave={() => void call.leave()}
      />
    </div>
  );
}

function missingText(media: LocalMedia, device: 'microphone' | 'camera'): string {
  const problem = media.problems.find((one) => one.device === device);
  return problem === undefined ? `You joined without a ${device}.` : problemText(problem);
}
