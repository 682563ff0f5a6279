import type { LocalMedia } from '@crossfade/client/local-media';
import type { MediaState } from '@crossfade/shared/signalling';
import { Link, PhoneOff, Settings2 } from 'lucide-react';
import { useId, type ReactNode } from 'react';
import { CameraToggle, MicrophoneToggle } from '../devices/device-toggles.tsx';
import { Popup } from '../ui/popup.tsx';
import { RoundButton } from '../ui/round-button.tsx';
import { DevicesPanel } from './devices-panel.tsx';

interface ControlsBarProps {
  media: LocalMedia;
  sent: MediaState;
  onMicrophone: () => void;
  onCamera: () => void;
  onCopyLink: () => void;
  onLeave: () => void;
  /** More buttons, after those of microphone and camera. */
  children?: ReactNode;
}

export function ControlsBar(props: ControlsBarProps) {
  const { media, sent, onMicrophone, onCamera, onCopyLink, onLeave, children } = props;
  const popup = useId();
  return (
    // An open panel takes the place of the tips.
    <footer className="has-[:popover-open]:**:data-tip:hidden flex shrink-0 items-center justify-center gap-1.5 px-2 pt-3 min-[26rem]:gap-2.5 min-[26rem]:px-3 pb-[max(1rem,env(safe-area-inset-bottom))] sm:gap-3">
      <MicrophoneToggle
        on={sent.audio}
        hint={sent.audio ? 'Mute' : 'Unmute'}
        shortcut="M"
        onToggle={onMicrophone}
      />
      <CameraToggle
        on={sent.video}
        hint={sent.video ? 'Camera off' : 'Camera on'}
        shortcut="V"
        onToggle={onCamera}
      />
      {children}
      <RoundButton
        label="Devices"
        hint="Choose microphone and camera"
        icon={Settings2}
        popoverTarget={popup}
      />
      <RoundButton label="Copy link" hint="Copy the link for others" icon={Link} onClick={onCopyLink} />
      <button
        type="button"
        onClick={onLeave}
        className="inline-flex h-12 cursor-pointer items-center gap-2 rounded-full bg-danger px-4 min-[26rem]:px-5 font-semibold text-white transition-colors hover:bg-danger-strong sm:ml-2"
      >
        <PhoneOff aria-hidden="true" className="size-5" />
        <span className="max-[26rem]:sr-only">Leave</span>
      </button>
      <Popup
        id={popup}
        label="Devices"
        className="bottom-24 left-1/2 w-[min(24rem,calc(100vw-1.5rem))] -translate-x-1/2"
      >
        <DevicesPanel media={media} />
      </Popup>
    </footer>
  );
}
