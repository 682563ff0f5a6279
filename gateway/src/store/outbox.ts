/**
 * Facts on their way to the records: in order, one at a time, tried again until they are written. Nothing in a call
 * waits for it. The order within the queue is the order of the events.
 */
import type { Log } from '@crossfade/service/log';
import type { RecordEntry } from '../calls/events.ts';

/** With this many waiting, new ones are given up: a few hundred bytes each, and a database that is gone for days. */
const MAX_WAITING = 100_000;

const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 5_000;

export class Outbox {
  readonly #write: (entry: RecordEntry) => Promise<void>;
  readonly #log: Log;
  readonly #waiting: RecordEntry[] = [];
  #working: Promise<void> | undefined;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(write: (entry: RecordEntry) => Promise<void>, log: Log) {
    this.#write = write;
    this.#log = log;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(entry: RecordEntry): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#log.error('a record is lost: the outbox is full', { type: entry.type });
      return;
    }
    this.#waiting.push(entry);
    this.#working ??= this.#drain().finally(() => {
      this.#working = undefined;
    });
  }

  /** Everything added so far is written; gives up after `limitMs`. @returns whether it is */
  async flush(limitMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([this.#working ?? Promise.resolve(), limit]);
    clearTimeout(timer);
    return this.#waiting.length === 0;
  }

  /** Writes what it can within `limitMs`, then stops trying. */
  async close(limitMs: number): Promise<void> {
    if (!(await this.flush(limitMs))) this.#log.error('records are lost', { waiting: this.#waiting.length });
    this.#closed = true;
    this.#wake?.();
    await this.#working;
  }

  async #drain(): Promise<void> {
    let retryMs = RETRY_FIRST_MS;
    for (let entry = this.#waiting[0]; entry && !this.#closed; entry = this.#waiting[0]) {
      try {
        await this.#write(entry);
        this.#waiting.shift();
        retryMs = RETRY_FIRST_MS;
      } catch (error) {
        this.#log.warn('a record could not be written yet', { type: entry.type, error });
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_LONGEST_MS);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
