import type { AudioStats, PathStats, RemoteStats, VideoStats } from '@crossfade/client/call';

/** What is worth telling about how one participant is received; `–` is not known, or nothing. */
export interface PathFigures {
  readonly participantId: string;
  readonly way: string;
  readonly roundTrip: string;
  readonly jitter: string;
  readonly loss: string;
  readonly rate: string;
  readonly picture: string;
  readonly codecs: string;
}

const UNKNOWN = '–';
const WAYS = { p2p: 'Direct', sfu: 'Media server', none: 'Not connected' } as const;

/** Figures for people from two readings; rates need both, and both from the same path. */
export function pathFigures(before: PathStats | null, after: PathStats): PathFigures[] {
  return after.remotes.map((remote) => {
    const earlier = before?.remotes.find(({ participantId }) => participantId === remote.participantId);
    const seconds = before === null ? 0 : (after.at - before.at) / 1_000;
    const { video, audio, rttMs, relayed, path } = remote;
    const bytes = growth(remote, earlier, ({ bytesReceived }) => bytesReceived);
    const rate = seconds > 0 && bytes !== null ? (bytes * 8) / 1_000 / seconds : null;
    return {
      participantId: remote.participantId,
      way: `${WAYS[path]}${relayed === true ? ', relayed' : ''}`,
      roundTrip: rttMs === null ? UNKNOWN : `${Math.round(rttMs)} ms`,
      jitter: jitterText(remote),
      loss: lossText(remote, earlier),
      rate: rate === null ? UNKNOWN : `${Math.round(rate)} kbit/s`,
      picture: pictureText(video, earlier?.video ?? null, seconds),
      codecs: [video?.codec, audio?.codec].filter((codec) => typeof codec === 'string').join(', ') || UNKNOWN,
    };
  });
}

type Track = AudioStats | VideoStats;

function tracksOf({ audio, video }: RemoteStats): Track[] {
  return [audio, video].filter((track) => track !== null);
}

/** By how much a counter of all tracks has grown; null: not to be told, its path is another one. */
function growth(
  now: RemoteStats,
  before: RemoteStats | undefined,
  counter: (track: Track) => number,
): number | null {
  if (before?.path !== now.path) return null;
  const sum = (remote: RemoteStats) => tracksOf(remote).reduce((total, track) => total + counter(track), 0);
  const grown = sum(now) - sum(before);
  return grown < 0 ? null : grown;
}

/** Of sound, if there is any: it suffers first. */
function jitterText({ audio, video }: RemoteStats): string {
  const track = audio ?? video;
  return track === null ? UNKNOWN : `${Math.round(track.jitter * 1_000)} ms`;
}

function lossText(now: RemoteStats, before: RemoteStats | undefined): string {
  const lost = growth(now, before, ({ packetsLost }) => packetsLost);
  const received = growth(now, before, ({ packetsReceived }) => packetsReceived);
  if (lost === null || received === null || lost + received === 0) return UNKNOWN;
  const percent = (lost / (lost + received)) * 100;
  return `${percent === 0 || percent >= 10 ? Math.round(percent) : percent.toFixed(1)} %`;
}

function pictureText(video: VideoStats | null, before: VideoStats | null, seconds: number): string {
  if (video === null || video.frameHeight === 0) return UNKNOWN;
  const size = `${video.frameWidth} × ${video.frameHeight}`;
  const frames = before === null ? -1 : video.framesDecoded - before.framesDecoded;
  return seconds > 0 && frames >= 0 ? `${size}, ${Math.round(frames / seconds)} fps` : size;
}
