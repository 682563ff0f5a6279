import type { LocalMedia } from '@crossfade/client/local-media';
import type { MediaState } from '@crossfade/shared/signalling';
import { useSyncExternalStore } from 'react';

const NOTHING: MediaState = { audio: false, video: false, screen: false };

/** Renders again on every change of the own media; they themselves are read from `media`. */
export function useMedia(media: LocalMedia | null): MediaState {
  return useSyncExternalStore(
    (listener) => media?.subscribe(listener) ?? (() => undefined),
    () => media?.state ?? NOTHING,
  );
}
