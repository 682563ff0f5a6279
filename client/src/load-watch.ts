/** Watches whether this device keeps up with the videos it is shown. Owned and closed by the session. */
import { burdened, UNSTRAINED } from './own-load.ts';
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

export class LoadWatch {
  readonly #options: LoadWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #counted = new Map<string, Counted>();
  #view = UNSTRAINED;
  #reading = false;
  #closed = false;

  constructor(options: LoadWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#read(), READ_EVERY_MS);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  async #read(): Promise<void> {
    const receivers = this.#options.receivers();
    if (this.#reading || receivers.length === 0) return;
    this.#reading = true;
    const counts = await Promise.all(
      receivers.map(async (receiver) => [receiver.track.id, await countOf(receiver)] as const),
    );
    this.#reading = false;
    if (this.#closed) return;
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
    if (this.#view.relief !== relief) this.#options.changed(this.#view.relief);
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
