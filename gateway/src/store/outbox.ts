/**
 * Facts on their way to the records: in order, many at a time, tried again until they are written. Nothing in a call
 * waits for it. A fact that the database will never take is set aside, so that it does not hold up the others.
 */
import type { Log } from '@crossfade/service/log';
import type { RecordEntry } from '../calls/events.ts';
import { isRefused, withoutValues } from './database-errors.ts';

/** With this many waiting, new ones are given up: a few hundred bytes each, and a database that is gone for long. */
const MAX_WAITING = 100_000;
/** Facts a write; fewer after one that failed, until it goes well again. */
const LARGEST_BATCH = 500;

const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 5_000;

export interface OutboxOptions {
  write: (entries: readonly RecordEntry[]) => Promise<void>;
  log: Log;
  /** Told of each fact that will never be written, and why. */
  onLost?: (why: 'full' | 'refused') => void;
  /** Most that wait. */
  maxWaiting?: number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: RecordEntry[] = [];
  #working: Promise<void> | undefined;
  #closed = false;
  #full = false;
  #wake: (() => void) | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  add(entry: RecordEntry): void {
    const { log, onLost, maxWaiting = MAX_WAITING } = this.#options;
    if (this.#waiting.length >= maxWaiting) {
      // Once: there will be many.
      if (!this.#full) log.error('records are lost: the outbox is full', { waiting: this.#waiting.length });
      this.#full = true;
      onLost?.('full');
      return;
    }
    this.#full = false;
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
    if (!(await this.flush(limitMs)))
      this.#options.log.error('records are lost', { waiting: this.#waiting.length });
    this.#closed = true;
    this.#wake?.();
    await this.#working;
  }

  async #drain(): Promise<void> {
    const { write, log } = this.#options;
    let retryMs = RETRY_FIRST_MS;
    let size = LARGEST_BATCH;
    // What is added in the same turn is written together.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#waiting.slice(0, size);
      try {
        await write(batch);
        this.#waiting.splice(0, batch.length);
        retryMs = RETRY_FIRST_MS;
        size = Math.min(size * 2, LARGEST_BATCH);
      } catch (error) {
        size = Math.max(1, Math.floor(batch.length / 2));
        if (isRefused(error)) {
          // It is one of these: smaller and smaller batches find it.
          if (batch.length === 1) this.#setAside(error);
          continue;
        }
        log.warn('records could not be written yet', {
          waiting: this.#waiting.length,
          error: withoutValues(error),
        });
        await this.#pause(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_LONGEST_MS);
      }
    }
  }

  #setAside(error: unknown): void {
    const refused = this.#waiting.shift();
    this.#options.log.error('a record is lost: the database refuses it', {
      ...idsOf(refused),
      error: withoutValues(error),
    });
    this.#options.onLost?.('refused');
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

/** What may be in a log of a fact: what it is, and what it is about. */
function idsOf(entry: RecordEntry | undefined): Record<string, unknown> {
  const ids = ['type', 'recordId', 'participantId', 'transitionId', 'messageId', 'connectionId', 'at'];
  return Object.fromEntries(Object.entries(entry ?? {}).filter(([name]) => ids.includes(name)));
}
