/** Watches how good everyone's connection is, by what arrives of them. Owned and closed by the session. */
import { judged, qualityOf, type Quality, type QualityReading, type QualityView } from './call-quality.ts';
import { readPeriodically } from './periodic-reading.ts';
import { readReceiverStats } from './receiver-stats.ts';
import type { Shown } from './roster.ts';
import { mediumOf } from './track-kinds.ts';

export interface QualityWatchOptions {
  /** Everyone else in the call. */
  others: () => readonly { readonly participantId: string }[];
  /** What they are shown from. */
  shown: (participantId: string) => Shown;
  /** A participant's connection is another than was told before. */
  tell: (participantId: string, quality: Quality) => void;
}

/** Between two readings, milliseconds: each asks the browser once for everybody. */
const READ_EVERY_MS = 2_000;

export class QualityWatch {
  readonly #options: QualityWatchOptions;
  readonly #known = new Map<string, { view: QualityView; told: Quality | null }>();
  /** Ends it. */
  readonly close: () => void;

  constructor(options: QualityWatchOptions) {
    this.#options = options;
    this.close = readPeriodically(
      READ_EVERY_MS,
      () => this.#read(),
      (readings) => {
        for (const [id, reading] of readings) if (reading) this.#judge(id, reading);
      },
    );
  }

  #read(): Promise<(readonly [string, QualityReading | null])[]> {
    const others = this.#options.others().map(({ participantId }) => participantId);
    for (const id of this.#known.keys()) if (!others.includes(id)) this.#known.delete(id);
    return Promise.all(others.map(async (id) => [id, await this.#readingOf(id)] as const));
  }

  #judge(participantId: string, reading: QualityReading): void {
    const before = this.#known.get(participantId);
    const view = judged(before?.view ?? null, reading);
    const told = qualityOf(view, before?.told ?? null);
    this.#known.set(participantId, { view, told });
    if (told && told !== before?.told) this.#options.tell(participantId, told);
  }

  /** By the sound, which suffers first; of somebody without sound, by the picture. */
  async #readingOf(participantId: string): Promise<QualityReading | null> {
    const { path, tracks } = this.#options.shown(participantId);
    for (const { receiver, kind } of [tracks.audio, tracks.video].filter((track) => track !== null)) {
      try {
        const { [mediumOf(kind)]: counted, rttMs } = readReceiverStats(await receiver.getStats());
        if (!counted || counted.packetsReceived === 0) continue;
        const { packetsReceived, packetsLost, jitterBufferDelay, jitterBufferEmittedCount } = counted;
        return {
          at: performance.now(),
          track: `${path} ${receiver.track.id}`,
          packetsReceived,
          packetsLost,
          bufferedS: jitterBufferDelay,
          buffered: jitterBufferEmittedCount,
          rttMs,
          legs: path === 'sfu' ? 2 : 1,
        };
      } catch {
        // The connection was closed in between.
      }
    }
    return null;
  }
}
