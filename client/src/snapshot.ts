/** What an application sees of a call: immutable values, a new one on every change. */
import type { CodedError } from '@crossfade/shared/errors';
import type { Quality } from './call-quality.ts';
import type { FloorView } from './floor.ts';
import type { SfuConnection } from './sfu-view.ts';
import type { Blockable } from '@crossfade/shared/moderation';
import type { MediaState, Mode } from '@crossfade/shared/signalling';
import type { ReconnectionStep, RemoteTrouble } from './reconnection.ts';

export type CallStatus =
  | { readonly kind: 'joined' }
  /** Something on this side is broken; `step` tells what is being done, and whether media go on meanwhile. */
  | { readonly kind: 'reconnecting'; readonly step: ReconnectionStep }
  | {
      readonly kind: 'ended';
      /**
       * `left` by oneself, `replaced` by the same session elsewhere, `ended` for everyone, `removed` by a moderator, or
       * `failed`.
       */
      readonly reason: 'left' | 'replaced' | 'ended' | 'removed' | 'failed';
      /** What the moderator who removed this participant said. */
      readonly message?: string;
      /** Why, when it failed. */
      readonly error?: CodedError;
    };

/** Where a participant's media come from at the moment. */
export type RemotePath = Mode | 'none';

export interface RemoteParticipant {
  readonly participantId: string;
  readonly userId: string;
  readonly displayName: string;
  /** What this participant sends; false is muted or absent. */
  readonly media: MediaState;
  /** What a moderator does not let this participant send. */
  readonly blocked: readonly Blockable[];
  /** False while this participant's signalling is lost and may still come back. */
  readonly connected: boolean;
  /** The same object for the whole call: bind it once, tracks are swapped under it. */
  readonly stream: MediaStream;
  /**
   * What this participant shares of their screen, with its sound if there is any; null: nothing. The same object as long
   * as it is shared, and before its first picture has arrived.
   */
  readonly screen: MediaStream | null;
  readonly path: RemotePath;
  /** What is wrong with the way to this participant; null: nothing. */
  readonly trouble: RemoteTrouble | null;
  /** How good the connection to this participant is; null while nothing has arrived to judge by. */
  readonly quality: Quality | null;
}

export interface LocalParticipant {
  readonly displayName: string;
  readonly stream: MediaStream;
  /** What one shares of the own screen; null: nothing. */
  readonly screen: MediaStream | null;
  readonly media: MediaState;
  /** What a moderator does not let one send; given back, it stays off until it is switched on. */
  readonly blocked: readonly Blockable[];
}

/** Parts that have not changed since the snapshot before are the same objects. */
export interface CallSnapshot {
  readonly status: CallStatus;
  readonly callId: string;
  readonly participantId: string;
  readonly mode: Mode;
  /** The mode being prepared beside the running one; null when no switch is under way. */
  readonly switchingTo: Mode | null;
  readonly epoch: number;
  /** The path through a media server, also the one being built beside a running path; null: there is none. */
  readonly sfu: SfuConnection | null;
  /** Whether nobody new can join. */
  readonly locked: boolean;
  /** Who may speak, in a call of push-to-talk; null: everyone. */
  readonly floor: FloorView | null;
  /** Who of the others speaks; null: nobody does. */
  readonly activeSpeaker: string | null;
  readonly local: LocalParticipant;
  /** Everyone else, in the order the gateway lists them. */
  readonly remotes: readonly RemoteParticipant[];
}

/** What was counted of the packets of one received track, as in RTCInboundRtpStreamStats; it starts anew with every path. */
export interface ArrivalStats {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly bytesReceived: number;
  /** How unevenly packets arrive, seconds (RFC 3550, 6.4.1). */
  readonly jitter: number;
  /** For example `VP8` or `opus`; null: not known yet. */
  readonly codec: string | null;
  /** How long all samples or frames have waited to be played, seconds, and how many there were. */
  readonly jitterBufferDelay: number;
  readonly jitterBufferEmittedCount: number;
}

/** Counters of one received video track. */
export interface VideoStats extends ArrivalStats {
  readonly framesDecoded: number;
  readonly framesDropped: number;
  /** Pixels; 0 before the first frame. */
  readonly frameWidth: number;
  readonly frameHeight: number;
}

/** Counters of one received audio track. */
export interface AudioStats extends ArrivalStats {
  /** Grows with the loudness of what was received; silence adds nothing. */
  readonly totalAudioEnergy: number;
  readonly totalSamplesReceived: number;
  /** Samples made up because nothing had arrived. */
  readonly concealedSamples: number;
}

export interface RemoteStats {
  readonly participantId: string;
  readonly path: RemotePath;
  /** Round trip to the other end of the path (the participant, or the media server), milliseconds. */
  readonly rttMs: number | null;
  /** Whether a TURN server relays this path; null while unknown. */
  readonly relayed: boolean | null;
  readonly video: VideoStats | null;
  readonly audio: AudioStats | null;
  /** Of the picture of a shared screen. */
  readonly screen: VideoStats | null;
}

/** One reading of everything that is received. */
export interface PathStats {
  /** When it was read, milliseconds on the page's monotonic clock (`performance.now()`). */
  readonly at: number;
  readonly mode: Mode;
  readonly epoch: number;
  readonly remotes: readonly RemoteStats[];
}

/**
 * The newer of two values with every part of the older one that it does not change, so that whoever shows a part can tell
 * by `===` whether that has changed. Goes through plain objects and lists; everything else (a stream, an error) is taken as
 * a whole. Pure.
 * @returns `before` itself if nothing is different
 */
export function withUnchangedKept<T>(before: T, after: T): T {
  if (Object.is(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after)) {
    const known = new Map(before.map((item: unknown, index) => [keyOf(item) ?? index, item]));
    const kept = after.map((item: unknown, index) =>
      withUnchangedKept(known.get(keyOf(item) ?? index), item),
    );
    const same = kept.length === before.length && kept.every((item, index) => item === before[index]);
    return same ? before : (kept as T);
  }
  if (!isPlain(before) || !isPlain(after)) return after;
  const kept = Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, withUnchangedKept(before[key], value)]),
  );
  const keys = Object.keys(kept);
  const same =
    keys.length === Object.keys(before).length &&
    keys.every((key) => key in before && Object.is(kept[key], before[key]));
  return same ? before : (kept as T);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What an item of a list is known by, wherever in the list it is. */
function keyOf(item: unknown): unknown {
  return isPlain(item) ? (item['id'] ?? item['participantId']) : undefined;
}
