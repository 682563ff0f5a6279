/**
 * The remote tracks of one path, and which of them have been decoded. Decoding is watched by asking the receivers for
 * statistics, often at first and seldom later (a muted track may stay without media for long), until the first frame
 * or sound. Owned and closed by its path.
 */
import { isDecoding, readReceiverStats } from './receiver-stats.ts';

export type TrackKind = 'audio' | 'video';

export interface ReceivedTrack {
  readonly participantId: string;
  readonly kind: TrackKind;
  readonly receiver: RTCRtpReceiver;
  /** Whether its first frame, or first sound, has been decoded. */
  readonly decoded: boolean;
}

/** Between two looks at a young track, and at one that has been without media for a while, milliseconds. */
const LOOK_SOON_MS = 25;
const LOOK_LATER_MS = 500;
/** How long a track counts as young, milliseconds. */
const YOUNG_MS = 4_000;

export class ReceivedTracks {
  readonly #tracks = new Map<string, ReceivedTrack>();
  readonly #changed: () => void;
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
    this.#tracks.set(keyOf(participantId, kind), { participantId, kind, receiver, decoded: false });
    this.#youngUntil = performance.now() + YOUNG_MS;
    if (this.#watching) this.#endPause();
    else void this.#watch();
    this.#changed();
  }

  /** Drops one track of a participant, or all of them. */
  remove(participantId: string, kind?: TrackKind): void {
    const kinds: readonly TrackKind[] = kind ? [kind] : ['audio', 'video'];
    const removed = kinds.filter((each) => this.#tracks.delete(keyOf(participantId, each)));
    if (removed.length > 0 && !this.#closed) this.#changed();
  }

  close(): void {
    this.#closed = true;
    this.#tracks.clear();
    this.#endPause();
  }

  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    for (;;) {
      const undecoded = this.all().filter(({ decoded }) => !decoded);
      if (undecoded.length === 0) break;
      const found = await Promise.all(undecoded.map(hasBegun));
      const begun = undecoded.filter(
        (track, index) => found[index] === true && this.find(track.participantId, track.kind) === track,
      );
      for (const track of begun) {
        this.#tracks.set(keyOf(track.participantId, track.kind), { ...track, decoded: true });
      }
      if (begun.length > 0) this.#changed();
      const pause = performance.now() < this.#youngUntil ? LOOK_SOON_MS : LOOK_LATER_MS;
      await this.#pause(pause);
    }
    this.#watching = false;
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

async function hasBegun({ kind, receiver }: ReceivedTrack): Promise<boolean> {
  try {
    return isDecoding(kind, readReceiverStats(await receiver.getStats()));
  } catch {
    // The connection was closed in between.
    return false;
  }
}

function keyOf(participantId: string, kind: TrackKind): string {
  return `${kind} ${participantId}`;
}
