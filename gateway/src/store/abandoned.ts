/**
 * Calls whose end nobody recorded: the gateways that had their people died for good, and Redis has lost them. Which records
 * these are is decided purely: a record without an end whose call does not run, and did not at any look for a minute. Until
 * then a gateway may be giving a call back to Redis, or have its end in an outbox. Should that end be written later all the
 * same, it is the one that counts.
 */
import type { Log } from '@crossfade/service/log';
import { withoutValues } from './database-errors.ts';
import type { CallStore } from './calls.ts';
import type { Records, UnfinishedRecord } from './records.ts';

/** Milliseconds. */
const LOOK_EVERY_MS = 20_000;
const ABANDONED_AFTER_MS = 60_000;
const PAGE = 200;
/** Calls that are looked up at a time. */
const BATCH = 20;

/** Records whose call was not found, and since when. */
export type Suspects = ReadonlyMap<string, number>;

/** @param missing the records without an end whose call does not run, as of now */
export function abandoned(
  before: Suspects,
  missing: readonly string[],
  now: number,
  afterMs: number,
): { close: readonly string[]; suspects: Suspects } {
  const since = (recordId: string) => before.get(recordId) ?? now;
  const close = missing.filter((recordId) => now - since(recordId) >= afterMs);
  const still = missing.filter((recordId) => now - since(recordId) < afterMs);
  return { close, suspects: new Map(still.map((recordId) => [recordId, since(recordId)])) };
}

export interface AbandonedOptions {
  records: Pick<Records, 'unfinished' | 'closeAbandoned'>;
  store: Pick<CallStore, 'load'>;
  log: Log;
  /** As the gateways have it. */
  now: () => number;
  everyMs?: number;
  afterMs?: number;
}

/** Looks for them now and then, as every gateway does. */
export class AbandonedCalls {
  readonly #options: AbandonedOptions;
  #suspects: Suspects = new Map();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: AbandonedOptions) {
    this.#options = options;
  }

  start(): void {
    const { everyMs = LOOK_EVERY_MS, log } = this.#options;
    // Jittered, so that gateways take turns.
    this.#timer = setTimeout(
      () => {
        this.#looking = this.look()
          // Without Redis or the database nothing is known: next time.
          .catch((error: unknown) => {
            log.debug('no look for abandoned calls', { error: withoutValues(error) });
          })
          .finally(() => {
            if (!this.#closed) this.start();
          });
      },
      everyMs * (0.5 + Math.random()),
    );
    this.#timer.unref();
  }

  /** @throws what the store or the database throws */
  async look(): Promise<void> {
    const { records, log, now, afterMs = ABANDONED_AFTER_MS } = this.#options;
    const missing: string[] = [];
    let page: readonly UnfinishedRecord[] = [];
    do {
      page = await records.unfinished(page.at(-1)?.recordId ?? null, PAGE);
      for (let from = 0; from < page.length; from += BATCH) {
        const some = page.slice(from, from + BATCH);
        const running = await Promise.all(some.map((record) => this.#runs(record)));
        missing.push(...some.filter((_, i) => running[i] === false).map(({ recordId }) => recordId));
      }
    } while (page.length === PAGE && !this.#closed);
    const { close, suspects } = abandoned(this.#suspects, missing, performance.now(), afterMs);
    this.#suspects = suspects;
    if (close.length === 0) return;
    log.warn('calls ended without anybody recording it', { calls: close.length });
    await records.closeAbandoned(now(), close);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #runs({ callId, recordId }: UnfinishedRecord): Promise<boolean> {
    const { state } = await this.#options.store.load(callId);
    return state?.recordId === recordId;
  }
}
