/**
 * The remote tracks of one path, and which of them have been decoded. A track is unmuted when its first packet comes;
 * from then on its receiver is looked at until the first frame or sound. Owned and closed by its path.
 */
import { isDecoding, readReceiverStats } from './receiver-stats.ts';
import { SilentSink } from './silent-sink.ts';
import { mediumOf, TRACK_KINDS, type TrackKind } from './track-kinds.ts';

export interface ReceivedTrack {
  readonly participantId: string;
  readonly kind: TrackKind;
  readonly receiver: RTCRtpReceiver;
  /** Whether its first frame, or first sound, has been decoded. */
  readonly decoded: boolean;
  /** Told after it was put into the stream that people hear, and after it was taken out of it. */
  readonly heard: (isHeard: boolean) => void;
}

/** Between two looks at tracks whose packets arrive, milliseconds. */
const LOOK_MS = 30;
/** Between two looks at tracks that are mute, for browsers that do not tell of the first packet, milliseconds. */
const LOOK_ANYWAY_MS = 1_000;

export class ReceivedTracks {
  readonly #tracks = new Map<string, ReceivedTrack>();
  readonly #changed: () => void;
  /** Where sound goes besides. */
  readonly #sink = new SilentSink();
  #watching = false;
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
    this.#tracks.set(keyOf(participantId, kind), {
      participantId,
      kind,
      receiver,
      decoded: false,
      heard: (isHeard) => this.#sink.heard(receiver.track, isHeard),
    });
    if (mediumOf(kind) === 'audio') this.#sink.add(receiver.track);
    receiver.track.addEventListener('unmute', () => this.#endPause());
    // Of a screen that is not shared any more, peer-to-peer: its section of the connection is closed.
    receiver.track.addEventListener('ended', () => {
      if (this.find(participantId, kind)?.receiver === receiver) this.remove(participantId, kind);
    });
    if (this.#watching) this.#endPause();
    else void this.#watch();
    this.#changed();
  }

  /** Drops one track of a participant, or all of them. */
  remove(participantId: string, kind?: TrackKind): void {
    const kinds: readonly TrackKind[] = kind ? [kind] : TRACK_KINDS;
    const removed = kinds.map((each) => this.find(participantId, each)).filter((track) => track !== null);
    for (const track of removed) this.#tracks.delete(keyOf(participantId, track.kind));
    if (removed.length > 0 && !this.#closed) this.#changed();
    // Only now has it been taken out of the stream.
    for (const { receiver } of removed) this.#sink.remove(receiver.track);
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
      const arriving = this.#arriving();
      await this.#look(arriving.length > 0 ? arriving : undecoded);
      // Asked again: the first packet of one may have come while it was looked at.
      await this.#pause(this.#arriving().length > 0 ? LOOK_MS : LOOK_ANYWAY_MS);
    }
    this.#watching = false;
  }

  /** What is not decoded yet though its packets come. */
  #arriving(): ReceivedTrack[] {
    return this.all().filter(({ decoded, receiver }) => !decoded && !receiver.track.muted);
  }

  async #look(tracks: readonly ReceivedTrack[]): Promise<void> {
    const found = await Promise.all(tracks.map(hasBegun));
    const begun = tracks.filter(
      (track, index) => found[index] === true && this.find(track.participantId, track.kind) === track,
    );
    for (const track of begun) {
      this.#tracks.set(keyOf(track.participantId, track.kind), { ...track, decoded: true });
    }
    if (begun.length > 0) this.#changed();
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
    return isDecoding(mediumOf(kind), readReceiverStats(await receiver.getStats()));
  } catch {
    // The connection was closed in between.
    return false;
  }
}

function keyOf(participantId: string, kind: TrackKind): string {
  return `${kind} ${participantId}`;
}
