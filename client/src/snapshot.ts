/** What an application sees of a call: immutable values, a new one on every change. */
import type { CodedError } from '@crossfade/shared/errors';
import type { Quality } from './call-quality.ts';
import type { FloorView } from './floor.ts';
import type { Blockable } from '@crossfade/shared/moderation';
import type { MediaState, Mode } from '@crossfade/shared/signalling';

export type CallStatus =
  | { readonly kind: 'joined' }
  /** The signalling connection is lost; media go on meanwhile. */
  | { readonly kind: 'reconnecting' }
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
  readonly path: RemotePath;
  /** How good the connection to this participant is; null while nothing has arrived to judge by. */
  readonly quality: Quality | null;
}

export interface LocalParticipant {
  readonly displayName: string;
  readonly stream: MediaStream;
  readonly media: MediaState;
  /** What a moderator does not let one send; given back, it stays off until it is switched on. */
  readonly blocked: readonly Blockable[];
}

export interface CallSnapshot {
  readonly status: CallStatus;
  readonly callId: string;
  readonly participantId: string;
  readonly mode: Mode;
  /** The mode being prepared beside the running one; null when no switch is under way. */
  readonly switchingTo: Mode | null;
  readonly epoch: number;
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
}

/** One reading of everything that is received. */
export interface PathStats {
  /** When it was read, milliseconds on the page's monotonic clock (`performance.now()`). */
  readonly at: number;
  readonly mode: Mode;
  readonly epoch: number;
  readonly remotes: readonly RemoteStats[];
}

/** Whether an application would see no difference. */
export function showsTheSame(a: CallSnapshot, b: CallSnapshot): boolean {
  return (
    shallowEqual({ ...a, local: null, remotes: null }, { ...b, local: null, remotes: null }) &&
    shallowEqual(a.local, b.local) &&
    a.remotes.length === b.remotes.length &&
    a.remotes.every((remote, index) => {
      const other = b.remotes[index];
      return other !== undefined && shallowEqual(remote, other);
    })
  );
}

function shallowEqual<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every((key) => Object.is(a[key], b[key]));
}
