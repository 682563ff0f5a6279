/**
 * What of one track is really sent: all of its encodings, those that somebody wants, or none while nobody receives it. This
 * is the media server's to say, and has nothing to do with muting, which is `track.enabled`: a track is heard or seen when
 * neither is in the way. Made by who sends the track.
 */
import type { ProducerDemand } from '@crossfade/shared/media-api';

/** What is sent as long as nothing else is known: rather too much than nothing. */
export const EVERYTHING: ProducerDemand = { pausedByServer: false, wantedSpatialLayer: null };

/** What is sent while the connections only stand ready. */
export const NOTHING: ProducerDemand = { pausedByServer: true, wantedSpatialLayer: null };

type Sender = Pick<RTCRtpSender, 'getParameters' | 'setParameters'>;

/** Pause before a change is tried again that the browser refused, milliseconds. */
const RETRY_MS = 500;

/** Which encodings, smallest first, are to be active. Pure. */
export function activeEncodings(count: number, demand: ProducerDemand): boolean[] {
  const { pausedByServer, wantedSpatialLayer } = demand;
  return Array.from(
    { length: count },
    (_, layer) => !pausedByServer && (wantedSpatialLayer === null || layer <= wantedSpatialLayer),
  );
}

export class SentEncodings {
  readonly #sender: Sender;
  #demand = EVERYTHING;
  #busy = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Sends this from now on. Of several changes in a row only the newest counts. */
  follow(demand: ProducerDemand): void {
    this.#demand = demand;
    void this.#apply();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
  }

  async #apply(): Promise<void> {
    // A browser takes one change at a time, and only of what it has given out last.
    if (this.#busy || this.#closed) return;
    clearTimeout(this.#retry);
    this.#busy = true;
    try {
      for (;;) {
        const parameters = this.#sender.getParameters();
        const { encodings } = parameters;
        const active = activeEncodings(encodings.length, this.#demand);
        if (encodings.every((encoding, index) => (encoding.active ?? true) === active[index])) break;
        encodings.forEach((encoding, index) => (encoding.active = active[index] ?? true));
        await this.#sender.setParameters(parameters);
      }
    } catch {
      // The track is being negotiated or replaced, or its connection was closed, which `close` tells.
      if (!this.#isClosed()) this.#retry = setTimeout(() => void this.#apply(), RETRY_MS);
    } finally {
      this.#busy = false;
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
