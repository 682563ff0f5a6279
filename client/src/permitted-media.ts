/** The own tracks as far as a moderator and the floor let them be sent: what is not allowed is off, whatever the devices say. */
import type { Blockable } from '@crossfade/shared/moderation';
import type { MediaState } from '@crossfade/shared/signalling';
import type { LocalMedia } from './local-media.ts';
import type { LocalTracks } from './path.ts';
import type { ScreenShare } from './screen-share.ts';

export function permittedState(state: MediaState, blocked: readonly Blockable[]): MediaState {
  if (blocked.length === 0) return state;
  return {
    audio: state.audio && !blocked.includes('audio'),
    video: state.video && !blocked.includes('video'),
    screen: state.screen && !blocked.includes('screen'),
  };
}

/** Who may be heard at the moment, besides what a moderator says. */
export interface Hearing {
  /** One's voice does not go out: somebody else has the floor, and no media server holds it back. */
  silent: boolean;
  /** There is a floor: only voices are heard, and no screen, which would speak for whoever has none. */
  floor: boolean;
}

const EVERYONE: Hearing = { silent: false, floor: false };

export function permittedTracks(
  media: Pick<LocalMedia, 'track' | 'state' | 'stream'>,
  screen: Pick<ScreenShare, 'track' | 'stream'>,
  blocked: () => readonly Blockable[],
  hearing: () => Hearing = () => EVERYONE,
): LocalTracks {
  return {
    track: (kind) => {
      switch (kind) {
        case 'audio':
          return hearing().silent ? null : media.track(kind);
        case 'video':
          return media.track(kind);
        case 'screen':
          return blocked().includes('screen') ? null : screen.track(kind);
        case 'screen-audio': {
          // As the media server has it: `audio` is everything that can be heard.
          const taken = blocked().includes('screen') || blocked().includes('audio');
          return taken || hearing().floor ? null : screen.track(kind);
        }
      }
    },
    get state() {
      return permittedState(media.state, blocked());
    },
    stream: media.stream,
    get screen() {
      return screen.stream;
    },
  };
}
