/** What a participant is shown from, as the paths stand at this moment. */
import type { MediaPath } from './path.ts';
import type { TrackKind } from './received-tracks.ts';
import type { Shown } from './roster.ts';
import { shownFrom, type PathRole, type TrackOnPath } from './switch.ts';

export interface Paths {
  active: MediaPath;
  /** The paths before, newest first. */
  draining: readonly MediaPath[];
  pending: MediaPath | undefined;
}

export function shownOf(participantId: string, { active, draining, pending }: Paths): Shown {
  const choose = (kind: TrackKind) => {
    const old = draining.find((path) => path.received.find(participantId, kind));
    const paths: Record<PathRole, MediaPath | undefined> = { active, draining: old, pending };
    const role = shownFrom({
      active: standing(active, participantId, kind),
      draining: standing(old, participantId, kind),
      pending: standing(pending, participantId, kind),
    });
    const path = role ? paths[role] : undefined;
    return { path, track: path?.received.find(participantId, kind) ?? null };
  };
  const video = choose('video');
  const audio = choose('audio');
  const path = video.path ?? audio.path ?? active;
  return {
    path: path.reaches(participantId) ? path.mode : 'none',
    tracks: { audio: audio.track, video: video.track },
  };
}

function standing(path: MediaPath | undefined, participantId: string, kind: TrackKind): TrackOnPath {
  const track = path?.received.find(participantId, kind) ?? null;
  return {
    exists: track !== null,
    decoded: track?.decoded ?? false,
    alive: path?.reaches(participantId) ?? false,
  };
}
