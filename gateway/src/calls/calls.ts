/**
 * The shell around the reducer: one mailbox a call. Each event is reduced against the stored state, written back by
 * compare-and-set, and only then its effects run; what they bring about comes back as events. Also owns the timers.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { Log } from '@crossfade/service/log';
import type { CallStore } from '../store/calls.ts';
import type { CallEvent, Effect } from './events.ts';
import { reduce } from './reduce.ts';
import { nextDeadline, type CallPolicy, type CallState } from './state.ts';

export interface CallsOptions {
  store: CallStore;
  policy: CallPolicy;
  log: Log;
  /** Carries out one effect; must not throw. */
  run: (callId: string, effect: Effect) => void;
  /** Told every state that was written; for metrics. */
  observe?: (callId: string, before: CallState | null, after: CallState | null) => void;
  now?: () => number;
}

/** How often a write that another gateway anticipated is tried again. */
const MAX_CONFLICTS = 50;

export class Calls {
  readonly #options: CallsOptions;
  readonly #now: () => number;
  /** The end of each call's queue. */
  readonly #mailboxes = new Map<string, Promise<unknown>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #watchers = new Map<string, Set<(state: CallState | null) => void>>();
  #closed = false;

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** The call as it is now; null if nobody is in it. */
  async state(callId: string): Promise<CallState | null> {
    return (await this.#options.store.load(callId))?.state ?? null;
  }

  /**
   * Puts an event into the call's mailbox, and waits until it has been reduced and written.
   * @param written called with the new state before any effect runs
   * @throws CodedError if the reducer refuses the event
   */
  post(
    callId: string,
    event: CallEvent,
    written?: (state: CallState | null) => void,
  ): Promise<CallState | null> {
    const before = this.#mailboxes.get(callId) ?? Promise.resolve();
    const done = before.then(() => this.#apply(callId, event, written));
    const end = done.catch(() => undefined);
    this.#mailboxes.set(callId, end);
    void end.then(() => {
      if (this.#mailboxes.get(callId) === end) this.#mailboxes.delete(callId);
    });
    return done;
  }

  /**
   * Waits until the call's state satisfies a condition.
   * @param limitMs after which the state is given as it is
   */
  async until(
    callId: string,
    condition: (state: CallState | null) => boolean,
    limitMs: number,
  ): Promise<CallState | null> {
    const state = await this.state(callId);
    if (condition(state)) return state;
    return new Promise((resolve) => {
      const watchers = this.#watchers.get(callId) ?? new Set();
      this.#watchers.set(callId, watchers);
      const finish = (latest: CallState | null) => {
        clearTimeout(limit);
        watchers.delete(watch);
        if (watchers.size === 0) this.#watchers.delete(callId);
        resolve(latest);
      };
      const watch = (latest: CallState | null) => {
        if (condition(latest)) finish(latest);
      };
      const limit = setTimeout(() => {
        void this.state(callId).then(finish);
      }, limitMs);
      watchers.add(watch);
    });
  }

  /** Stops the timers; the calls stay in the store. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #apply(
    callId: string,
    event: CallEvent,
    written: ((state: CallState | null) => void) | undefined,
  ): Promise<CallState | null> {
    const { store, policy, run, observe } = this.#options;
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
      const current = await store.load(callId);
      const before = current?.state ?? null;
      const reduction = reduce(before, event, policy, this.#now());
      if (reduction.kind === 'refused') throw new CodedError(reduction.code);
      const { state, effects } = reduction;
      const version = current?.version ?? null;
      // What changes nothing has to hold for the newest state, too: the outcome of a room must not be taken for known.
      const kept =
        state === before
          ? event.type === 'tick' || ((await store.load(callId))?.version ?? null) === version
          : await store.save(callId, version, state);
      if (!kept) continue;
      written?.(state);
      observe?.(callId, before, state);
      for (const effect of effects) run(callId, effect);
      this.#schedule(callId, state);
      for (const watch of [...(this.#watchers.get(callId) ?? [])]) watch(state);
      return state;
    }
    throw new CodedError('internal', undefined, { cause: new Error(`no write of call ${callId} succeeded`) });
  }

  #schedule(callId: string, state: CallState | null): void {
    clearTimeout(this.#timers.get(callId));
    this.#timers.delete(callId);
    const at = state && nextDeadline(state);
    if (at === null || this.#closed) return;
    const timer = setTimeout(
      () => {
        this.post(callId, { type: 'tick' }).catch((error: unknown) => {
          this.#options.log.error('timer failed', { callId, error });
        });
      },
      Math.max(0, at - this.#now()),
    );
    this.#timers.set(callId, timer);
  }
}
