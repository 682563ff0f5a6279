/** The own tracks as far as a moderator lets them be sent: what is blocked is off, whatever the devices say. */
import type { Blockable } from '@crossfade/shared/moderation';
import type { MediaState } from '@crossfade/shared/signalling';
import type { LocalMedia } from './local-media.ts';
import type { LocalTracks } from './path.ts';

export function permittedState(state: MediaState, blocked: readonly Blockable[]): MediaState {
  if (blocked.length === 0) return state;
  return {
    audio: state.audio && !blocked.includes('audio'),
    video: state.video && !blocked.includes('video'),
    screen: state.screen && !blocked.includes('screen'),
  };
}

export function permittedTracks(
  media: Pick<LocalMedia, 'track' | 'state' | 'stream'>,
  blocked: () => readonly Blockable[],
): LocalTracks {
  return {
    track: (kind) => media.track(kind),
    get state() {
      return permittedState(media.state, blocked());
    },
    stream: media.stream,
  };
}
