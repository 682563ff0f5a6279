/**
 * Records whose database works in a thread of its own: a statement of the embedded database takes the processor for
 * milliseconds, on a busy machine for tens of them, and calls must not stand in line for their own history. A thread that
 * ends is started again with the next request.
 */
import { Worker } from 'node:worker_threads';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { RecordEntry } from '../calls/events.ts';
import type { Place } from './cursor.ts';
import type { Pruning, Records } from './records.ts';

export interface RecordsThreadData {
  readonly dataDir: string;
  /** Whether there are calls it has to come after; when a gateway starts there are none. */
  readonly callsRun: boolean;
}

export interface RecordsQuestion {
  readonly id: number;
  readonly method: keyof Records;
  readonly args: readonly unknown[];
}

export type RecordsFailure =
  | { readonly kind: 'coded'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'database'; readonly message: string; readonly refused: boolean };

export type RecordsAnswer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: RecordsFailure };

interface Thread {
  readonly worker: Worker;
  readonly ready: Promise<unknown>;
  readonly waiting: Map<number, PromiseWithResolvers<unknown>>;
}

/** Beside this file, built or not. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './records-thread.ts' : './records-thread.js',
  import.meta.url,
);

export class ThreadedRecords implements Records {
  readonly #dataDir: string;
  readonly #closed: () => Promise<void>;
  readonly #entry: URL;
  #thread: Thread | null = null;
  #questions = 0;

  private constructor(dataDir: string, closed: () => Promise<void>, entry: URL) {
    this.#entry = entry;
    this.#dataDir = dataDir;
    this.#closed = closed;
  }

  /**
   * @param closed called when the database is closed
   * @param entry what the thread runs
   * @throws what opening the database throws
   */
  static async open(
    dataDir: string,
    closed: () => Promise<void>,
    entry: URL = ENTRY,
  ): Promise<ThreadedRecords> {
    const records = new ThreadedRecords(dataDir, closed, entry);
    await records.#running(false).ready;
    return records;
  }

  async write(entries: readonly RecordEntry[]): Promise<void> {
    await this.#ask('write', entries);
  }

  async closeUnfinished(at: number, running: readonly string[]): Promise<void> {
    await this.#ask('closeUnfinished', at, running);
  }

  async closeAbandoned(at: number, recordIds: readonly string[]): Promise<void> {
    await this.#ask('closeAbandoned', at, recordIds);
  }

  unfinished(after: string | null, limit: number): ReturnType<Records['unfinished']> {
    return this.#ask('unfinished', after, limit);
  }

  find(callId: string): ReturnType<Records['find']> {
    return this.#ask('find', callId);
  }

  decisions(callId: string): ReturnType<Records['decisions']> {
    return this.#ask('decisions', callId);
  }

  list(query: Parameters<Records['list']>[0]): ReturnType<Records['list']> {
    return this.#ask('list', query);
  }

  chat(recordId: string, limit: number, before: Place | null): ReturnType<Records['chat']> {
    return this.#ask('chat', recordId, limit, before);
  }

  chatMessage(messageId: string): ReturnType<Records['chatMessage']> {
    return this.#ask('chatMessage', messageId);
  }

  prune(pruning: Pruning): Promise<number> {
    return this.#ask('prune', pruning);
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread) {
      await this.#ask('close');
      await thread.worker.terminate();
    }
    await this.#closed();
  }

  async #ask<M extends keyof Records>(
    method: M,
    ...args: Parameters<Records[M]>
  ): Promise<Awaited<ReturnType<Records[M]>>> {
    const { worker, ready, waiting } = this.#running();
    await ready;
    const id = (this.#questions += 1);
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    worker.postMessage({ id, method, args } satisfies RecordsQuestion);
    return (await answer.promise) as Awaited<ReturnType<Records[M]>>;
  }

  #running(callsRun = true): Thread {
    if (this.#thread) return this.#thread;
    const workerData: RecordsThreadData = { dataDir: this.#dataDir, callsRun };
    const worker = new Worker(this.#entry, { workerData });
    const opened = Promise.withResolvers<unknown>();
    const waiting = new Map([[0, opened]]);
    const thread: Thread = { worker, ready: opened.promise, waiting };
    this.#thread = thread;
    // Who waits for it hears of it; so does whoever does not.
    opened.promise.catch(() => undefined);
    const ended = (error: Error) => {
      if (this.#thread === thread) this.#thread = null;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    worker.on('message', (answer: RecordsAnswer) => {
      const question = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.ok) question?.resolve(answer.value);
      else question?.reject(errorOf(answer.failure));
    });
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('The embedded database has ended.')));
    return thread;
  }
}

function errorOf(failure: RecordsFailure): Error {
  if (failure.kind === 'coded') return new CodedError(failure.code, failure.message);
  // What blames the values is told from what blames the database, as `isRefused` does.
  return failure.refused ? new RangeError(failure.message) : new Error(failure.message);
}
