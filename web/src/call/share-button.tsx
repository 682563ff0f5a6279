import type { Call } from '@crossfade/client/call';
import { canShareScreen, ScreenShareError } from '@crossfade/client/screen-share';
import { MonitorUp } from 'lucide-react';
import { RoundButton } from '../ui/round-button.tsx';

interface ShareButtonProps {
  call: Call;
  sharing: boolean;
  /** Says why a screen is not shared. */
  tell: (text: string) => void;
}

const WHY_NOT: Record<ScreenShareError['kind'], string> = {
  refused: 'Your screen is not shared.',
  unsupported: 'This browser cannot share a screen.',
  blocked: 'A moderator has turned your screen off.',
  forbidden: 'You were invited to watch and listen, so your screen cannot be shared.',
  failed: 'Your screen could not be shared. Please try again.',
};

/** Shares the screen, or stops that. Only where the browser can: phones mostly cannot. */
export function ShareButton({ call, sharing, tell }: ShareButtonProps) {
  if (!canShareScreen()) return null;
  const share = () => {
    call.shareScreen().catch((error: unknown) => {
      tell(WHY_NOT[error instanceof ScreenShareError ? error.kind : 'failed']);
    });
  };
  return (
    <RoundButton
      label="Share screen"
      hint={sharing ? 'Stop sharing' : 'Share your screen'}
      icon={MonitorUp}
      bright={sharing}
      aria-pressed={sharing}
      onClick={sharing ? () => call.stopSharing() : share}
    />
  );
}
