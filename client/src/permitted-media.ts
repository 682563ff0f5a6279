/** The own tracks as far as a moderator and the floor let them be sent: what is not allowed is off, whatever the devices say. */
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
  silent: () => boolean = () => false,
): LocalTracks {
  return {
    track: (kind) => (kind === 'audio' && silent() ? null : media.track(kind)),
    get state() {
      return permittedState(media.state, blocked());
    },
    stream: media.stream,
  };
}
