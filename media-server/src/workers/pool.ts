/**
 * The media workers of this server, one per place; a worker that died is replaced in its place, unless too many did
 * lately: then the places stay empty until `revive`. Closed by the app.
 */
import { setTimeout } from 'node:timers/promises';
import type { Log } from '@crossfade/service/log';
import { Emitter } from '../emitter.ts';
import { afterDeath, NO_DEATHS } from './deaths.ts';
import { MediaWorker, type MediaWorkerOptions } from './worker.ts';

/** Milliseconds before a replacement that failed is tried again: doubled each time, up to the limit. */
const RETRY_MS = 500;
const RETRY_LIMIT_MS = 30_000;

export interface WorkerPoolOptions extends Pick<MediaWorkerOptions, 'bin' | 'listenIp' | 'announcedAddress'> {
  count: number;
  /** Worker n listens on `basePort` + n; 0: any free port. */
  basePort: number;
  log: Log;
  /** Milliseconds that never go back. */
  now?: () => number;
}

type Place =
  | { state: 'up'; worker: MediaWorker }
  /** `done` resolves when there is a new worker or the pool is closed. */
  | { state: 'restarting'; done: Promise<void> }
  /** Not replaced, because too many died. */
  | { state: 'down' };

interface PoolEvents {
  died: [];
  restarted: [];
  /** Too many died: nobody is replaced from here on. */
  'gave-up': [];
}

export class WorkerPool extends Emitter<PoolEvents> {
  readonly #options: WorkerPoolOptions;
  readonly #places: Place[] = [];
  readonly #stop = new AbortController();
  #closing: Promise<void> | undefined;
  #deaths = NO_DEATHS;

  /** @throws SettingError if a worker cannot be started; those that could are closed again */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const started = await Promise.allSettled(
      Array.from({ length: options.count }, (_, index) => MediaWorker.spawn(workerOptions(options, index))),
    );
    const workers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failure = started.find((result) => result.status === 'rejected');
    if (failure) {
      await Promise.all(workers.map((worker) => worker.close()));
      throw failure.reason;
    }
    return new WorkerPool(options, workers);
  }

  private constructor(options: WorkerPoolOptions, workers: MediaWorker[]) {
    super(options.log);
    this.#options = options;
    for (const worker of workers) this.#seat(worker);
  }

  /** The workers that are up. */
  get workers(): MediaWorker[] {
    return this.#places.flatMap((place) => (place.state === 'up' ? [place.worker] : []));
  }

  /** How many workers there should be. */
  get size(): number {
    return this.#places.length;
  }

  /** Fills the places that were given up, and counts deaths from none. */
  revive(): void {
    this.#deaths = NO_DEATHS;
    for (const [index, place] of this.#places.entries()) {
      if (place.state === 'down' && !this.#stopped()) this.#restart(index);
    }
  }

  /** Ends all workers; resolves when their processes are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(
      this.#places.map(async (place) => {
        if (place.state === 'up') await place.worker.close();
        if (place.state === 'restarting') await place.done;
      }),
    );
  }

  #seat(worker: MediaWorker): void {
    const died = () => {
      this.#died(worker.index);
    };
    this.#places[worker.index] = { state: 'up', worker };
    worker.on('died', died);
    if (worker.dead) died();
  }

  #died(index: number): void {
    const before = this.#deaths;
    this.#deaths = afterDeath(before, (this.#options.now ?? monotonic)());
    if (this.#deaths.tooMany) this.#places[index] = { state: 'down' };
    else this.#restart(index);
    this.emit('died');
    if (!this.#deaths.tooMany || before.tooMany) return;
    this.#options.log.error('too many workers died; they are not replaced any more');
    this.emit('gave-up');
  }

  #restart(index: number): void {
    this.#places[index] = { state: 'restarting', done: this.#replace(index) };
  }

  async #replace(index: number): Promise<void> {
    const { log } = this.#options;
    for (let attempt = 0; !this.#stopped(); attempt += 1) {
      try {
        const worker = await MediaWorker.spawn(workerOptions(this.#options, index));
        if (this.#stopped()) {
          await worker.close();
          return;
        }
        this.#seat(worker);
        log.info('a worker was replaced', { worker: index, pid: worker.pid });
        this.emit('restarted');
        return;
      } catch (error) {
        log.error('a worker could not be replaced', { worker: index, attempt, error });
        await this.#sleep(Math.min(RETRY_LIMIT_MS, RETRY_MS * 2 ** attempt));
      }
    }
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #sleep(milliseconds: number): Promise<void> {
    // It rejects when the pool is closed, which is what the caller looks for next.
    await setTimeout(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

function monotonic(): number {
  return performance.now();
}

function workerOptions(options: WorkerPoolOptions, index: number): MediaWorkerOptions {
  const { bin, listenIp, announcedAddress, basePort, log } = options;
  return { index, bin, listenIp, announcedAddress, port: basePort === 0 ? 0 : basePort + index, log };
}
