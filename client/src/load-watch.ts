/** Watches whether this device keeps up with the videos it is shown. Owned and closed by the session. */
import { burdened, UNSTRAINED } from './own-load.ts';
import { readPeriodically } from './periodic-reading.ts';
import { readReceiverStats } from './receiver-stats.ts';
import type { Relief } from './video-wish.ts';

export interface LoadWatchOptions {
  /** What shows a video that comes from the media server. */
  receivers: () => readonly RTCRtpReceiver[];
  changed: (relief: Relief) => void;
}

interface Counted {
  decoded: number;
  dropped: number;
}

/** Between two readings, milliseconds. */
const READ_EVERY_MS = 2_000;

type Counts = readonly (readonly [track: string, Counted])[];

export class LoadWatch {
  readonly #changed: LoadWatchOptions['changed'];
  /** Ends it. */
  readonly close: () => void;
  #counted = new Map<string, Counted>();
  #view = UNSTRAINED;

  constructor({ receivers, changed }: LoadWatchOptions) {
    this.#changed = changed;
    const read = () =>
      Promise.all(receivers().map(async (receiver) => [receiver.track.id, await countOf(receiver)] as const));
    this.close = readPeriodically(READ_EVERY_MS, read, (counts) => this.#take(counts));
  }

  #take(counts: Counts): void {
    if (counts.length === 0) return;
    let [decoded, dropped] = [0, 0];
    for (const [id, now] of counts) {
      const before = this.#counted.get(id);
      // Of a track that was not there before it is not known when it was counted.
      if (!before) continue;
      decoded += Math.max(0, now.decoded - before.decoded);
      dropped += Math.max(0, now.dropped - before.dropped);
    }
    this.#counted = new Map(counts);
    const { relief } = this.#view;
    this.#view = burdened(this.#view, { decoded, dropped });
    if (this.#view.relief !== relief) this.#changed(this.#view.relief);
  }
}

async function countOf(receiver: RTCRtpReceiver): Promise<Counted> {
  try {
    const { video } = readReceiverStats(await receiver.getStats());
    return { decoded: video?.framesDecoded ?? 0, dropped: video?.framesDropped ?? 0 };
  } catch {
    // The connection was closed in between.
    return { decoded: 0, dropped: 0 };
  }
}
