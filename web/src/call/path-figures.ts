import type { PathStats } from '@crossfade/client/call';

/** What is worth telling about how one participant is received. */
export interface PathFigures {
  readonly participantId: string;
  readonly roundTrip: string;
  readonly picture: string;
  readonly rate: string;
}

const UNKNOWN = '–';

/** Figures for people from two readings; a rate needs both, and both from the same path. */
export function pathFigures(before: PathStats | null, after: PathStats): PathFigures[] {
  return after.remotes.map((remote) => {
    const earlier = before?.remotes.find(({ participantId }) => participantId === remote.participantId);
    const seconds = before === null ? 0 : (after.at - before.at) / 1_000;
    const bytes = earlier === undefined ? -1 : received(remote) - received(earlier);
    const { video, rttMs, relayed } = remote;
    return {
      participantId: remote.participantId,
      roundTrip: rttMs === null ? UNKNOWN : `${Math.round(rttMs)} ms${relayed === true ? ', relayed' : ''}`,
      picture:
        video === null || video.frameHeight === 0 ? UNKNOWN : `${video.frameWidth} × ${video.frameHeight}`,
      rate: seconds > 0 && bytes >= 0 ? `${Math.round((bytes * 8) / 1_000 / seconds)} kbit/s` : UNKNOWN,
    };
  });
}

function received({ audio, video }: PathStats['remotes'][number]): number {
  return (audio?.bytesReceived ?? 0) + (video?.bytesReceived ?? 0);
}
