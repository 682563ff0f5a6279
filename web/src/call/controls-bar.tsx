import type { MediaState } from '@crossfade/shared/signalling';
import { Link, Mic, MicOff, PhoneOff, Video, VideoOff } from 'lucide-react';
import { Tip } from '../ui/tip.tsx';
import { ToggleButton } from '../ui/toggle-button.tsx';

interface ControlsBarProps {
  media: MediaState;
  onMicrophone: () => void;
  onCamera: () => void;
  onCopyLink: () => void;
  onLeave: () => void;
}

export function ControlsBar({ media, onMicrophone, onCamera, onCopyLink, onLeave }: ControlsBarProps) {
  return (
    <footer className="flex shrink-0 items-center justify-center gap-3 px-3 pt-3 pb-[max(1rem,env(safe-area-inset-bottom))]">
      <ToggleButton
        label="Microphone"
        hint={media.audio ? 'Mute' : 'Unmute'}
        shortcut="M"
        on={media.audio}
        icon={media.audio ? Mic : MicOff}
        onToggle={onMicrophone}
      />
      <ToggleButton
        label="Camera"
        hint={media.video ? 'Camera off' : 'Camera on'}
        shortcut="V"
        on={media.video}
        icon={media.video ? Video : VideoOff}
        onToggle={onCamera}
      />
      <Tip text="Copy the link for others">
        <button
          type="button"
          aria-label="Copy link"
          onClick={onCopyLink}
          className="flex size-12 cursor-pointer items-center justify-center rounded-full bg-raised transition-colors hover:bg-line"
        >
          <Link aria-hidden="true" className="size-5" />
        </button>
      </Tip>
      <button
        type="button"
        onClick={onLeave}
        className="ml-2 inline-flex h-12 cursor-pointer items-center gap-2 rounded-full bg-danger px-5 font-semibold text-white transition-colors hover:bg-[#c9373b]"
      >
        <PhoneOff aria-hidden="true" className="size-5" />
        Leave
      </button>
    </footer>
  );
}
