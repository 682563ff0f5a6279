/** What both kinds of media path, peer-to-peer and through the media server, have in common. */
import type { Mode } from '@crossfade/shared/signalling';
import type { ReceivedTracks } from './received-tracks.ts';
import type { LinkHealth } from './reconnection.ts';
import type { TrackKind } from './track-kinds.ts';

export interface PathEvents {
  /** A remote track came, went or was decoded for the first time, or a connection changed its state. */
  changed: () => void;
  /** The token does not allow this client to send. */
  barred: () => void;
  /** It cannot be built, or is lost and does not come back by itself. */
  failed: (reason: string) => void;
}

/** The own tracks, as every path sends them. */
export interface LocalTracks {
  track: (kind: TrackKind) => MediaStreamTrack | null;
  /** Whether microphone and camera are on; a screen is sent as long as there is one. */
  readonly state: { readonly audio: boolean; readonly video: boolean };
  readonly stream: MediaStream;
  /** What is shared; null: nothing. */
  readonly screen: MediaStream | null;
}

export interface MediaPath {
  readonly mode: Mode;
  /** The epoch its signals and requests carry. */
  readonly epoch: number;
  readonly received: Pick<ReceivedTracks, 'find'>;
  /** Whether own media can reach these participants, as far as this end can tell. */
  ready: (participantIds: readonly string[]) => boolean;
  /** Whether the connection that carries this participant's media works. */
  reaches: (participantId: string) => boolean;
  /** How that connection stands. */
  health: (participantId: string) => LinkHealth;
  /** Applies what `LocalTracks` says now: tracks, muting. */
  syncLocal: () => void;
  /** The signalling connection is back: repeats what may have been lost. */
  resume: () => void;
  /**
   * The device woke up, or the page is looked at again: what is broken is tried again at once.
   * @param doubt what seems to work is tried, too: the device slept, or has another network
   */
  lookAgain: (doubt: boolean) => void;
  /** This participant has left. */
  forget: (participantId: string) => void;
  /** Ends it without another event. Idempotent. */
  close: () => void;
}
