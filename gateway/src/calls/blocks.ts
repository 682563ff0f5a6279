/** What moderators do not let people send, and whom they do not let in. Pure. */
import type { ErrorCode } from '@crossfade/shared/errors';
import type { Blockable } from '@crossfade/shared/moderation';
import type { MediaState } from '@crossfade/shared/signalling';
import type { CallState } from './state.ts';

/** What somebody sends as far as they may: others see what is blocked as off. */
export function heldBack(media: MediaState, blocked: readonly Blockable[]): MediaState {
  if (!blocked.some((kind) => media[kind])) return media;
  const { audio, video, screen } = media;
  return {
    audio: audio && !blocked.includes('audio'),
    video: video && !blocked.includes('video'),
    screen: screen && !blocked.includes('screen'),
  };
}

/** What others may expect of somebody; in a call of push-to-talk no sound, for whom to hear is told by the floor. */
export function toldMedia(
  media: MediaState,
  blocked: readonly Blockable[],
  { floor }: Pick<CallState, 'floor'>,
): MediaState {
  return heldBack(heldBack(media, blocked), floor ? ['audio'] : []);
}

/**
 * Whether a track is of a blocked kind. `audio` is everything that can be heard, the sound of a screen included, for a
 * voice could be sent as that; `video` is every picture that is not said to be a screen; `screen` is a screen and its sound.
 */
export function isBlocked(
  blocked: readonly Blockable[],
  { kind, source }: { kind: 'audio' | 'video'; source: string },
): boolean {
  const ofScreen = source === 'screen' || source === 'screen-audio';
  if (ofScreen && blocked.includes('screen')) return true;
  if (kind === 'audio') return blocked.includes('audio');
  return source !== 'screen' && blocked.includes('video');
}

/** What this user was not allowed to send when they were last in this call. */
export function blockedOf({ blockedUsers }: CallState, userId: string): readonly Blockable[] {
  return blockedUsers.find((each) => each.userId === userId)?.kinds ?? [];
}

/**
 * Why somebody cannot come in; null: they can.
 * @param isIn whether this user is in the call already, and would only replace their session
 */
export function refusalOf(
  { removedUsers, locked }: CallState,
  userId: string,
  isIn: boolean,
): ErrorCode | null {
  if (removedUsers.includes(userId)) return 'removed-from-call';
  return locked && !isIn ? 'call-locked' : null;
}

/** Whether the call has to be where blocks can be enforced: a peer-to-peer path goes past every server. */
export function isModerated({ members }: CallState): boolean {
  return members.length >= 2 && members.some(({ blocked }) => blocked.length > 0);
}
