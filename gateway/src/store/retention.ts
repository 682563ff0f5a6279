/** Deletes records that have been kept for as long as they are to be: little by little, every hour. */
import type { Log } from '@crossfade/service/log';
import type { Records } from './records.ts';
import { withoutValues } from './database-errors.ts';

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Calls or messages a statement, and statements a run: what is left then is for the next one. */
const AT_ONCE = 500;
const MOST_STATEMENTS = 200;

export interface RetentionOptions {
  records: Pick<Records, 'prune'>;
  /** How long calls are kept after their end, days; 0: for ever. */
  recordDays: number;
  /** How long chat messages are kept, days; 0: as long as their call. */
  chatDays: number;
  log: Log;
  now?: () => number;
}

export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Runs now and every hour from now on, if anything is to be deleted at all. */
  start(): void {
    const { recordDays, chatDays } = this.#options;
    if (recordDays === 0 && chatDays === 0) return;
    const run = () => {
      this.#running = this.run();
    };
    this.#timer = setInterval(run, EVERY_MS);
    this.#timer.unref();
    run();
  }

  /** Deletes what is too old by now; never throws. @returns how many calls and messages */
  async run(): Promise<number> {
    const { records, recordDays, chatDays, log, now = Date.now } = this.#options;
    const before = (days: number) => (days === 0 ? null : now() - days * DAY_MS);
    const pruning = { callsBefore: before(recordDays), chatBefore: before(chatDays), limit: AT_ONCE };
    let total = 0;
    try {
      for (let statements = 0; statements < MOST_STATEMENTS && !this.#closed; statements += 1) {
        const pruned = await records.prune(pruning);
        total += pruned;
        if (pruned === 0) break;
      }
    } catch (error) {
      log.warn('old records could not be deleted yet', { error: withoutValues(error) });
    }
    if (total > 0) log.info('old records are deleted', { total });
    return total;
  }

  /** Stops; what is under way is finished. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }
}
