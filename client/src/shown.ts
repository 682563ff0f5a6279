/** What a participant is shown from, as the paths stand at this moment. */
import type { MediaPath } from './path.ts';
import type { Shown } from './roster.ts';
import { shownFrom, type PathRole, type TrackOnPath } from './switch.ts';
import type { TrackKind } from './track-kinds.ts';

export interface Paths {
  active: MediaPath;
  /** Whether the gateway says that nothing comes over the active path any more, which itself finds out later. */
  activeGone: boolean;
  /** The paths before, newest first. */
  draining: readonly MediaPath[];
  pending: MediaPath | undefined;
}

export function shownOf(participantId: string, { active, activeGone, draining, pending }: Paths): Shown {
  const choose = (kind: TrackKind) => {
    const old = draining.find((path) => path.received.find(participantId, kind));
    const paths: Record<PathRole, MediaPath | undefined> = { active, draining: old, pending };
    const role = shownFrom({
      active: standing(active, participantId, kind, !activeGone),
      draining: standing(old, participantId, kind),
      pending: standing(pending, participantId, kind),
    });
    const path = role ? paths[role] : undefined;
    return { path, track: path?.received.find(participantId, kind) ?? null };
  };
  const video = choose('video');
  const audio = choose('audio');
  const screen = choose('screen');
  const path = video.path ?? audio.path ?? screen.path ?? active;
  const gone = activeGone && path === active;
  return {
    path: path.reaches(participantId) && !gone ? path.mode : 'none',
    link: gone ? 'failed' : path.health(participantId),
    tracks: {
      audio: audio.track,
      video: video.track,
      screen: screen.track,
      'screen-audio': choose('screen-audio').track,
    },
  };
}

function standing(
  path: MediaPath | undefined,
  participantId: string,
  kind: TrackKind,
  mayLive = true,
): TrackOnPath {
  const track = path?.received.find(participantId, kind) ?? null;
  return {
    exists: track !== null,
    decoded: track?.decoded ?? false,
    alive: mayLive && (path?.reaches(participantId) ?? false),
  };
}
