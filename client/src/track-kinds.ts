/** What a participant can send, on whatever path: each at most once. */

export type TrackKind = 'audio' | 'video' | 'screen' | 'screen-audio';
export type ScreenKind = Extract<TrackKind, `screen${string}`>;

export const TRACK_KINDS = [
  'audio',
  'video',
  'screen',
  'screen-audio',
] as const satisfies readonly TrackKind[];
export const SCREEN_KINDS = ['screen', 'screen-audio'] as const satisfies readonly ScreenKind[];

/** Whether it is heard or seen. */
export function mediumOf(kind: TrackKind): 'audio' | 'video' {
  return kind === 'audio' || kind === 'screen-audio' ? 'audio' : 'video';
}

export function isOfScreen(kind: TrackKind): kind is ScreenKind {
  return kind === 'screen' || kind === 'screen-audio';
}
