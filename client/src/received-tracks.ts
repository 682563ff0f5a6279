/**
 * The remote tracks of one path, and which of them have been decoded. A receiver lists the sources of what it has
 * handed to its track: asking that costs next to nothing, so it is asked often, and the statistics, which are
 * expensive and decide, only when it lists one (and seldom otherwise, for browsers that list none). Owned and closed by
 * its path.
 */
import { isDecoding, readReceiverStats } from './receiver-stats.ts';
import { SilentSink } from './silent-sink.ts';

export type TrackKind = 'audio' | 'video';

export interface ReceivedTrack {
  readonly participantId: string;
  readonly kind: TrackKind;
  readonly receiver: RTCRtpReceiver;
  /** Whether its first frame, or first sound, has been decoded. */
  readonly decoded: boolean;
}

/** Between two looks while tracks are young, and later: a muted one may stay without media for long. Milliseconds. */
const LOOK_SOON_MS = 15;
const LOOK_LATER_MS = 250;
/** How long a track counts as young, milliseconds. */
const YOUNG_MS = 4_000;
/** Between two looks at the statistics of a receiver that lists no sources, milliseconds. */
const READ_ANYWAY_MS = 500;

export class ReceivedTracks {
  readonly #tracks = new Map<string, ReceivedTrack>();
  readonly #changed: () => void;
  /** Where sound goes until it has been decoded. */
  readonly #sink = new SilentSink();
  /** When the statistics of a receiver were last read without a sign of media. */
  readonly #readAt = new WeakMap<RTCRtpReceiver, number>();
  #watching = false;
  #youngUntil = 0;
  #closed = false;
  /** Ends the pause between two looks early: a new track is looked at at once. */
  #endPause: () => void = () => undefined;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  find(participantId: string, kind: TrackKind): ReceivedTrack | null {
    return this.#tracks.get(keyOf(participantId, kind)) ?? null;
  }

  all(): readonly ReceivedTrack[] {
    return [...this.#tracks.values()];
  }

  add(participantId: string, kind: TrackKind, receiver: RTCRtpReceiver): void {
    if (this.#closed) return;
    this.remove(participantId, kind);
    this.#tracks.set(keyOf(participantId, kind), { participantId, kind, receiver, decoded: false });
    if (kind === 'audio') this.#sink.add(receiver.track);
    const now = performance.now();
    this.#readAt.set(receiver, now);
    this.#youngUntil = now + YOUNG_MS;
    if (this.#watching) this.#endPause();
    else void this.#watch();
    this.#changed();
  }

  /** Drops one track of a participant, or all of them. */
  remove(participantId: string, kind?: TrackKind): void {
    const kinds: readonly TrackKind[] = kind ? [kind] : ['audio', 'video'];
    const removed = kinds.map((each) => this.find(participantId, each)).filter((track) => track !== null);
    for (const track of removed) {
      this.#tracks.delete(keyOf(participantId, track.kind));
      this.#sink.remove(track.receiver.track);
    }
    if (removed.length > 0 && !this.#closed) this.#changed();
  }

  close(): void {
    this.#closed = true;
    this.#tracks.clear();
    this.#sink.close();
    this.#endPause();
  }

  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    for (;;) {
      const undecoded = this.all().filter(({ decoded }) => !decoded);
      if (undecoded.length === 0) break;
      const found = await Promise.all(undecoded.map((track) => this.#hasBegun(track)));
      const begun = undecoded.filter(
        (track, index) => found[index] === true && this.find(track.participantId, track.kind) === track,
      );
      for (const track of begun) {
        this.#tracks.set(keyOf(track.participantId, track.kind), { ...track, decoded: true });
      }
      if (begun.length > 0) this.#changed();
      // Only now is it played where it is heard, if it was not before: sound has not stopped in between.
      for (const { receiver } of begun) this.#sink.remove(receiver.track);
      const pause = performance.now() < this.#youngUntil ? LOOK_SOON_MS : LOOK_LATER_MS;
      await this.#pause(pause);
    }
    this.#watching = false;
  }

  async #hasBegun({ kind, receiver }: ReceivedTrack): Promise<boolean> {
    const now = performance.now();
    if (receiver.getSynchronizationSources().length === 0) {
      if (now - (this.#readAt.get(receiver) ?? 0) < READ_ANYWAY_MS) return false;
      this.#readAt.set(receiver, now);
    }
    try {
      return isDecoding(kind, readReceiverStats(await receiver.getStats()));
    } catch {
      // The connection was closed in between.
      return false;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function keyOf(participantId: string, kind: TrackKind): string {
  return `${kind} ${participantId}`;
}
