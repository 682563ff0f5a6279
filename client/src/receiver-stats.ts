/** Reads RTCStatsReports of receivers. Pure. */
import type { ArrivalStats, AudioStats, VideoStats } from './snapshot.ts';

/** The members used of the standard's stats dictionaries, all optional as browsers differ. */
interface Stat {
  type: string;
  id: string;
  kind?: string;
  framesDecoded?: number;
  framesDropped?: number;
  packetsReceived?: number;
  packetsLost?: number;
  jitterBufferDelay?: number;
  jitterBufferEmittedCount?: number;
  bytesReceived?: number;
  jitter?: number;
  codecId?: string;
  mimeType?: string;
  frameWidth?: number;
  frameHeight?: number;
  totalAudioEnergy?: number;
  totalSamplesReceived?: number;
  concealedSamples?: number;
  state?: string;
  nominated?: boolean;
  currentRoundTripTime?: number;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  remoteCandidateId?: string;
  candidateType?: string;
}

export interface ReceiverStats {
  video: VideoStats | null;
  audio: AudioStats | null;
  rttMs: number | null;
  relayed: boolean | null;
}

/** What a stats report says, of one receiver or of a whole connection (then: of the first track of a kind). */
export function readReceiverStats(report: Iterable<readonly [string, unknown]>): ReceiverStats {
  const stats = new Map(report as Iterable<readonly [string, Stat]>);
  const all = [...stats.values()];
  const inbound = (kind: string) => all.find((stat) => stat.type === 'inbound-rtp' && stat.kind === kind);
  const video = inbound('video');
  const audio = inbound('audio');
  const pair = selectedPair(stats);
  const isRelay = (id: string | undefined) =>
    id === undefined ? undefined : stats.get(id)?.candidateType === 'relay';
  return {
    video: video
      ? {
          framesDecoded: video.framesDecoded ?? 0,
          framesDropped: video.framesDropped ?? 0,
          ...arrived(video, stats),
          frameWidth: video.frameWidth ?? 0,
          frameHeight: video.frameHeight ?? 0,
        }
      : null,
    audio: audio
      ? {
          totalAudioEnergy: audio.totalAudioEnergy ?? 0,
          totalSamplesReceived: audio.totalSamplesReceived ?? 0,
          concealedSamples: audio.concealedSamples ?? 0,
          ...arrived(audio, stats),
        }
      : null,
    rttMs: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
    relayed: pair
      ? Boolean(isRelay(pair.localCandidateId)) || Boolean(isRelay(pair.remoteCandidateId))
      : null,
  };
}

/** Whether this track's first frame, or first sound, has been decoded. */
export function isDecoding(kind: 'audio' | 'video', { audio, video }: ReceiverStats): boolean {
  if (kind === 'video') return video !== null && video.framesDecoded > 0;
  return audio !== null && audio.packetsReceived > 0 && audio.totalSamplesReceived > 0;
}

function arrived(stat: Stat, stats: ReadonlyMap<string, Stat>): ArrivalStats {
  const { mimeType } = stats.get(stat.codecId ?? '') ?? {};
  return {
    packetsReceived: stat.packetsReceived ?? 0,
    packetsLost: stat.packetsLost ?? 0,
    bytesReceived: stat.bytesReceived ?? 0,
    jitter: stat.jitter ?? 0,
    codec: mimeType?.replace(/^.*\//, '') ?? null,
    jitterBufferDelay: stat.jitterBufferDelay ?? 0,
    jitterBufferEmittedCount: stat.jitterBufferEmittedCount ?? 0,
  };
}

function selectedPair(stats: ReadonlyMap<string, Stat>): Stat | undefined {
  for (const stat of stats.values()) {
    // Firefox has no transport stats: there the nominated pair that succeeded is the one.
    const id = stat.type === 'transport' ? stat.selectedCandidatePairId : undefined;
    if (id !== undefined) return stats.get(id);
  }
  return [...stats.values()].find(
    (stat) => stat.type === 'candidate-pair' && stat.nominated === true && stat.state === 'succeeded',
  );
}
