import type { Call } from '@crossfade/client/call';
import { canShareScreen, ScreenShareError } from '@crossfade/client/screen-share';

const WHY_NOT: Record<ScreenShareError['kind'], string> = {
  refused: 'Your screen is not shared.',
  unsupported: 'This browser cannot share a screen.',
  blocked: 'A moderator has turned your screen off.',
  forbidden: 'You were invited to watch and listen, so your screen cannot be shared.',
  failed: 'Your screen could not be shared. Please try again.',
};

/**
 * What a press on the button for the screen does: shares it, or stops that. Undefined where the browser cannot.
 * @param tell says why a screen is not shared
 */
export function screenToggle(call: Call, sharing: boolean, tell: (text: string) => void) {
  if (!canShareScreen()) return undefined;
  if (sharing) return () => call.stopSharing();
  return () => {
    call.shareScreen().catch((error: unknown) => {
      tell(WHY_NOT[error instanceof ScreenShareError ? error.kind : 'failed']);
    });
  };
}
