/** The history of the calls: facts go out to the database as they come, and are deleted when they are old. */
import type { Log } from '@crossfade/service/log';
import type { RecordEntry } from '../calls/events.ts';
import type { GatewayConfig } from '../config.ts';
import { AbandonedCalls } from './abandoned.ts';
import type { CallStore } from './calls.ts';
import { Outbox } from './outbox.ts';
import type { Records } from './records.ts';
import { Retention } from './retention.ts';

/** How long a stop waits for records to be written, milliseconds. */
const FLUSH_LIMIT_MS = 3_000;

export interface RecordKeepingOptions {
  records: Records;
  config: Pick<GatewayConfig, 'RECORD_RETENTION_DAYS' | 'CHAT_RETENTION_DAYS'>;
  log: Log;
  /** Told of each fact that will never be written. */
  onLost: (why: 'full' | 'refused') => void;
  /** With several gateways: the calls that go on, and the time as all of them have it. */
  shared?: { store: Pick<CallStore, 'load'>; now: () => number };
}

export class RecordKeeping {
  readonly records: Records;
  readonly #outbox: Outbox;
  readonly #retention: Retention;
  readonly #abandoned: AbandonedCalls | null;

  constructor({ records, config, log, onLost, shared }: RecordKeepingOptions) {
    this.records = records;
    this.#outbox = new Outbox({ write: (entries) => records.write(entries), log, onLost });
    this.#retention = new Retention({
      records,
      recordDays: config.RECORD_RETENTION_DAYS,
      chatDays: config.CHAT_RETENTION_DAYS,
      log,
    });
    this.#abandoned = shared ? new AbandonedCalls({ records, log, ...shared }) : null;
  }

  /** How many facts are not written yet. */
  get waiting(): number {
    return this.#outbox.waiting;
  }

  add(entry: RecordEntry): void {
    this.#outbox.add(entry);
  }

  /** No call can have outlived the gateways there were. */
  async closeUnfinished(): Promise<void> {
    await this.records.closeUnfinished(Date.now(), []);
  }

  /** Begins to delete what is old, and to end what nobody else ends. */
  startUpkeep(): void {
    this.#retention.start();
    this.#abandoned?.start();
  }

  /** @param last whether no other gateway goes on with the calls */
  async close(last: boolean): Promise<void> {
    await this.#retention.close();
    await this.#abandoned?.close();
    await this.#outbox.close(FLUSH_LIMIT_MS);
    if (last) await this.closeUnfinished();
    await this.records.close();
  }
}
