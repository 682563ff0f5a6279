import type { Call } from '@crossfade/client/call';
import type { LocalMedia } from '@crossfade/client/local-media';
import { useCall } from '@crossfade/client/react';
import { useEffect, useEffectEvent, useId, useRef, useState } from 'react';
import { problemText } from '../devices/problem-text.ts';
import type { Ending } from '../ended/ending-text.ts';
import { Popup } from '../ui/popup.tsx';
import { barButtons } from './bar-buttons.ts';
import { CallHeader } from './call-header.tsx';
import { Captions } from './captions/captions.tsx';
import { ChatPanel } from './chat/chat-panel.tsx';
import { useChat } from './chat/use-chat.ts';
import { ConnectionPanel } from './connection/connection-panel.tsx';
import { ControlsBar } from './controls-bar.tsx';
import { callLink, copyLink } from './copy-link.ts';
import { DevicesPanel } from './devices-panel.tsx';
import { Notices } from './notices.tsx';
import { ReconnectingBanner } from './reconnecting-banner.tsx';
import { screenToggle } from './share-screen.ts';
import { SharingBanner } from './sharing-banner.tsx';
import { SoundGate } from './sound-gate.tsx';
import { Stage } from './stage.tsx';
import { useDeviceNews } from './use-device-news.ts';
import { TalkButton } from './talk/talk-button.tsx';
import { useNarrow } from './use-narrow.ts';
import { useNotices } from './use-notices.ts';
import { usePanel } from './use-panel.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { hearVoices } from './voices.tsx';

export interface CallPageProps {
  call: Call;
  media: LocalMedia;
  onEnded: (ending: Ending) => void;
}

export function CallPage({ call, media, onEnded }: CallPageProps) {
  const snapshot = useCall(call);
  const { notices, tell } = useNotices(call);
  useDeviceNews(media, tell);
  const [soundBlocked, setSoundBlocked] = useState(false);
  const [captions, setCaptions] = useState(false);
  const { panel, toggle, close } = usePanel();
  const chat = useChat(call, panel === 'chat');
  const covered = useNarrow() && panel !== null;
  const devices = useId();
  const stage = useRef<HTMLDivElement>(null);
  const { status, local, callId, floor, remotes } = snapshot;

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

  const silentBecause = local.blocked.includes('audio')
    ? 'A moderator has turned your microphone off.'
    : media.track('audio') === null
      ? missingText(media, 'microphone')
      : null;
  const toggleMicrophone = () => {
    if (silentBecause !== null) tell(silentBecause);
    else if (floor !== null) tell('In this call you talk while you hold the button, or the space bar.');
    else call.setMicrophone(!local.media.audio);
  };
  const toggleCamera = () => {
    if (local.blocked.includes('video')) tell('A moderator has turned your camera off.');
    else if (media.track('video') === null) tell(missingText(media, 'camera'));
    else call.setCamera(!local.media.video);
  };
  const toggleChat = () => toggle('chat');
  const toggleCaptions = () => setCaptions(!captions);
  useShortcuts({ m: toggleMicrophone, v: toggleCamera, c: toggleChat });

  const copy = async () => {
    tell((await copyLink(callId)) ? 'Link copied' : callLink(callId));
  };
  const hearEveryone = () => {
    hearVoices(stage.current);
    setSoundBlocked(false);
  };

  return (
    <div className="fixed inset-0 flex flex-col overflow-hidden bg-canvas pt-[env(safe-area-inset-top)] pr-[env(safe-area-inset-right)] pl-[env(safe-area-inset-left)] text-ink">
      <title>{`${callId} · Crossfade`}</title>
      <CallHeader
        snapshot={snapshot}
        covered={covered}
        connectionOpen={panel === 'connection'}
        onConnection={() => toggle('connection')}
      />
      <div className="flex min-h-0 grow">
        <main className="relative min-w-0 grow px-2 sm:px-3">
          <div ref={stage} inert={covered} className="size-full">
            <Stage
              call={call}
              snapshot={snapshot}
              onSoundBlocked={() => setSoundBlocked(true)}
              onCopyLink={() => void copy()}
            />
          </div>
          <SharingBanner shown={local.screen !== null} onStop={() => call.stopSharing()} />
          <ReconnectingBanner status={status} />
          <div className="pointer-events-none absolute inset-x-0 bottom-12 z-20 flex flex-col items-center gap-3 px-4">
            <Notices notices={notices} />
            {soundBlocked && <SoundGate onOpen={hearEveryone} />}
            {captions && <Captions call={call} />}
          </div>
          <p aria-live="polite" className="sr-only">
            {chat.spoken}
          </p>
        </main>
        {panel === 'chat' && <ChatPanel chat={chat} onClose={close} />}
        {panel === 'connection' && <ConnectionPanel call={call} snapshot={snapshot} onClose={close} />}
      </div>
      <ControlsBar
        covered={covered}
        talk={floor && <TalkButton call={call} floor={floor} remotes={remotes} barred={silentBecause} />}
        buttons={barButtons({
          sent: local.media,
          talks: floor !== null,
          chatOpen: panel === 'chat',
          unread: chat.unread,
          captions,
          devices,
          sharing: local.screen !== null,
          onMicrophone: toggleMicrophone,
          onCamera: toggleCamera,
          onShare: screenToggle(call, local.screen !== null, tell),
          onChat: toggleChat,
          onCaptions: toggleCaptions,
          onCopyLink: () => void copy(),
        })}
        onLeave={() => void call.leave()}
      >
        <Popup
          id={devices}
          label="Devices"
          className="bottom-24 left-1/2 w-[min(24rem,calc(100vw-1.5rem))] -translate-x-1/2 short:bottom-20"
        >
          <DevicesPanel media={media} />
        </Popup>
      </ControlsBar>
    </div>
  );
}

function missingText(media: LocalMedia, device: 'microphone' | 'camera'): string {
  const problem = media.problems.find((one) => one.device === device);
  return problem === undefined ? `You joined without a ${device}.` : problemText(problem);
}
