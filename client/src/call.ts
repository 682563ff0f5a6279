/** One call, as an application uses it. */
import { CodedError } from '@crossfade/shared/errors';
import type { LocalMedia } from './local-media.ts';
import type { CallSnapshot, PathStats } from './snapshot.ts';

export type {
  AudioStats,
  CallSnapshot,
  CallStatus,
  LocalParticipant,
  PathStats,
  RemoteParticipant,
  RemotePath,
  RemoteStats,
  VideoStats,
} from './snapshot.ts';

export interface CallOptions {
  /** Where the gateway is, for example `https://calls.example.com`. */
  url: string;
  /** A user token, or how to get a fresh one at every connection. */
  token: string | (() => Promise<string>);
  callId: string;
  displayName?: string;
  /** Stays the caller's: the call neither opens nor closes it. */
  media: LocalMedia;
}

/**
 * Joins a call.
 * @throws CodedError, for example `unauthenticated`, `forbidden`, `call-full`, `timeout`, `media-server-unavailable`
 */
export function joinCall(options: CallOptions): Promise<Call> {
  return Promise.reject(new CodedError('internal', `Joining ${options.callId} comes with the next commits.`));
}

export class Call {
  readonly #media: LocalMedia;
  readonly #listeners = new Set<() => void>();
  readonly #snapshot: CallSnapshot;

  constructor(media: LocalMedia, snapshot: CallSnapshot) {
    this.#media = media;
    this.#snapshot = snapshot;
  }

  /** The call right now: immutable, a new object on every change. */
  get snapshot(): CallSnapshot {
    return this.#snapshot;
  }

  /** Calls the listener after every new snapshot. Returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Mutes or unmutes; holds whatever path the call takes, also when a switch is under way. */
  setMicrophone(on: boolean): void {
    this.#media.setMicrophone(on);
  }

  setCamera(on: boolean): void {
    this.#media.setCamera(on);
  }

  /** Leaves for good; safe to call twice. */
  leave(): Promise<void> {
    return Promise.resolve();
  }

  /** What is received at the moment, per remote participant. */
  stats(): Promise<PathStats> {
    return Promise.resolve({
      at: performance.now(),
      mode: this.#snapshot.mode,
      epoch: this.#snapshot.epoch,
      remotes: [],
    });
  }
}
