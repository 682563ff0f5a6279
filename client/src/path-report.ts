/**
 * Watches one peer-to-peer connection and tells what becomes of it, with what the connection says about itself. Owned and
 * closed by its path.
 */
import { viewed, type PathReport, type PathView } from './path-quality.ts';
import { readReceiverStats } from './receiver-stats.ts';

export interface PathWatchOptions {
  connection: Pick<RTCPeerConnection, 'getStats' | 'connectionState'>;
  tell: (report: PathReport) => void;
}

/** Between two readings, milliseconds. */
const READ_EVERY_MS = 1_000;

export class PathWatch {
  readonly #options: PathWatchOptions;
  #view: PathView | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #reading = false;
  #closed = false;

  constructor(options: PathWatchOptions) {
    this.#options = options;
  }

  /** The connection works, for the first time or again. */
  connected(): void {
    if (this.#closed) return;
    this.#timer ??= setInterval(() => void this.#read(), READ_EVERY_MS);
    void this.#read();
  }

  /** No connection came about, or it is lost: nothing is read until there is one again. */
  failed(): void {
    if (this.#closed) return;
    this.#stop();
    this.#view = null;
    this.#options.tell({ state: 'failed' });
  }

  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const { connection, tell } = this.#options;
      const { video, rttMs, relayed } = readReceiverStats(await connection.getStats());
      // It may have been closed, or have failed, while the browser was asked.
      if (this.#timer === undefined) return;
      const before = this.#view;
      const connected = connection.connectionState === 'connected';
      this.#view = viewed(before, { at: performance.now(), connected, video, rttMs, relayed });
      if (this.#view.report !== before?.report) tell(this.#view.report);
    } catch {
      // The connection is gone meanwhile: there is nothing to tell any more.
    } finally {
      this.#reading = false;
    }
  }
}
