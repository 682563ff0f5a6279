/**
 * The shell around the reducer: one mailbox a call. Each event is reduced against the stored state, written back by
 * compare-and-set, and only then its effects run; what they bring about comes back as events. Also owns the timers.
 *
 * With a store that several gateways share, it also keeps what it last knew of the calls it has people in: to go on with
 * while the store is away, and to learn what other gateways wrote. What clients are to hear is stored with each write;
 * here it is told to this gateway's own, write by write: whatever is read is told before it is acted on, and a write
 * succeeds only on what was read, so nothing is told out of order.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { Log } from '@crossfade/service/log';
import { gatewaysOf, type CallStore, type Heard, type Stored, type Versioned } from '../store/calls.ts';
import { isNews, type CallEvent, type Effect, type News } from './events.ts';
import { reduce } from './reduce.ts';
import { nextDeadline, type CallPolicy, type CallState } from './state.ts';

export interface CallsOptions {
  store: CallStore;
  /** Of this process. */
  gatewayId: string;
  policy: CallPolicy;
  log: Log;
  /** Carries out one effect; must not throw. Of news: for this gateway's clients, also when another one wrote. */
  run: (callId: string, effect: Effect) => void;
  /** Told what a call was and is, of calls that this gateway has people in (or had); for metrics. */
  observe?: (callId: string, before: CallState | null, after: CallState | null) => void;
  /**
   * Told every state that this gateway wrote or read from others, in the order of the versions.
   * @param complete whether its clients have heard everything that led to it
   */
  learnt?: (callId: string, state: CallState | null, complete: boolean) => void;
  now?: () => number;
}

/** How often a write that another gateway anticipated is tried again. */
const MAX_CONFLICTS = 50;
/** After a conflict the others get a moment, milliseconds. */
const CONFLICT_PAUSE_MS = 4;
/** What this gateway noticed itself waits for a store that is away, and is tried again; milliseconds. */
const RETRY_MIN_MS = 100;
const RETRY_SPREAD_MS = 200;
/** What another gateway scheduled it also does first, as a rule; milliseconds. */
const SECOND_MIN_MS = 30;
const SECOND_SPREAD_MS = 100;

const NO_NEWS: readonly News[] = [];

/** What this gateway knows of a call, and how many pieces of news its clients have heard. */
export interface Known extends Versioned {
  readonly told: number;
}

export class Calls {
  readonly #options: CallsOptions;
  readonly #now: () => number;
  /** The end of each call's queue. */
  readonly #mailboxes = new Map<string, Promise<unknown>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #watchers = new Map<string, Set<(state: CallState | null) => void>>();
  /** What is known of the calls that concern this gateway. */
  readonly #known = new Map<string, Known>();
  readonly #refreshing = new Set<string>();
  /** Events on their way. */
  #posts = 0;
  readonly #closing = new AbortController();

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The call as it is now; null if nobody is in it. While the store is away: as it was last known here.
   * @throws CodedError `call-store-unavailable` if nothing is known of it
   */
  async state(callId: string): Promise<CallState | null> {
    try {
      return (await this.#options.store.load(callId)).state;
    } catch (error) {
      const known = this.#known.get(callId);
      if (known && isAway(error)) return known.state;
      throw error;
    }
  }

  /** The calls that concern this gateway, as last known. */
  get known(): ReadonlyMap<string, Known> {
    return this.#known;
  }

  /**
   * Puts an event into the call's mailbox, and waits until it has been reduced and written. What a gateway noticed
   * itself waits for a store that is away; what a client asked for fails.
   * @param written called with the new state before any effect runs
   * @throws CodedError if the reducer refuses the event; `call-store-unavailable`
   */
  async post(
    callId: string,
    event: CallEvent,
    written?: (state: CallState | null) => void,
  ): Promise<CallState | null> {
    this.#posts += 1;
    try {
      return await this.#post(callId, event, written);
    } finally {
      this.#posts -= 1;
    }
  }

  async #post(
    callId: string,
    event: CallEvent,
    written: ((state: CallState | null) => void) | undefined,
  ): Promise<CallState | null> {
    for (;;) {
      try {
        return await this.#enqueue(callId, () => this.#apply(callId, event, written));
      } catch (error) {
        if (!isAway(error)) throw error;
        if (!isNoticed(event) || this.#closing.signal.aborted) throw error;
        await pause(RETRY_MIN_MS + Math.random() * RETRY_SPREAD_MS, this.#closing.signal);
      }
    }
  }

  /** Reads a call that another gateway may have written. Waits for a store that is away. */
  async refresh(callId: string): Promise<void> {
    if (this.#refreshing.has(callId)) return;
    this.#refreshing.add(callId);
    while (!this.#closing.signal.aborted) {
      try {
        await this.#enqueue(callId, async () => {
          // Whoever asks from here on wants what comes after this.
          this.#refreshing.delete(callId);
          await this.#catchUp(callId, 'always');
        });
        break;
      } catch (error) {
        if (!isAway(error)) this.#options.log.error('a call was not read', { callId, error });
        this.#refreshing.add(callId);
        await pause(RETRY_MIN_MS + Math.random() * RETRY_SPREAD_MS, this.#closing.signal);
      }
    }
    this.#refreshing.delete(callId);
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
    const { promise, resolve, reject } = Promise.withResolvers<CallState | null>();
    const watchers = this.#watchers.get(callId) ?? new Set();
    this.#watchers.set(callId, watchers);
    const watch = (latest: CallState | null) => {
      if (condition(latest)) resolve(latest);
    };
    watchers.add(watch);
    const limit = setTimeout(() => {
      this.state(callId).then(resolve, reject);
    }, limitMs);
    try {
      // Watching already: what changes while it is read is not missed.
      const state = await this.state(callId);
      return condition(state) ? state : await promise;
    } finally {
      clearTimeout(limit);
      watchers.delete(watch);
      if (watchers.size === 0 && this.#watchers.get(callId) === watchers) this.#watchers.delete(callId);
    }
  }

  /** Waits until everything that was posted has been dealt with, at most `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    const until = performance.now() + limitMs;
    while (this.#posts > 0 && performance.now() < until) await pause(10, this.#closing.signal);
  }

  /** Stops the timers; the calls stay in the store. */
  close(): void {
    this.#closing.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #enqueue<T>(callId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#mailboxes.get(callId) ?? Promise.resolve();
    const done = before.then(work);
    const end = done.catch(() => undefined);
    this.#mailboxes.set(callId, end);
    void end.then(() => {
      if (this.#mailboxes.get(callId) === end) this.#mailboxes.delete(callId);
    });
    return done;
  }

  async #apply(
    callId: string,
    event: CallEvent,
    written: ((state: CallState | null) => void) | undefined,
  ): Promise<CallState | null> {
    const { store, policy, run } = this.#options;
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
      const { stored, told } = await this.#catchUp(callId, 'if-changed');
      const before = stored.state;
      const reduction = reduce(before, startingAt(event, stored), policy, this.#now());
      if (reduction.kind === 'refused') throw new CodedError(reduction.code);
      const { state, effects } = reduction;
      const news = effects.filter(isNews);
      let now: Heard = { stored, told, news: [] };
      if (state !== before) {
        const saved = await store.save(callId, stored.version, state, news).catch((error: unknown) => {
          // It may have been written: what came of it is seen when the store is back.
          if (isAway(error)) void this.refresh(callId);
          throw error;
        });
        if (saved.kind === 'fenced') throw new CodedError('stale-epoch');
        if (saved.kind === 'conflict') {
          await pause(Math.random() * CONFLICT_PAUSE_MS, this.#closing.signal);
          continue;
        }
        const after = state ? { state, version: saved.version } : { state, version: null, epoch: 0 };
        now = { stored: after, told: saved.told, news: [] };
      } else if (event.type !== 'tick' && (await store.load(callId)).version !== stored.version) {
        // What changes nothing has to hold for the newest state, too: the outcome of a room must not be taken for known.
        continue;
      }
      written?.(state);
      for (const effect of effects) run(callId, effect);
      this.#learn(callId, now, true);
      return state;
    }
    throw new CodedError('internal', undefined, { cause: new Error(`no write of call ${callId} succeeded`) });
  }

  /** Reads a call, and tells this gateway's clients what they have not heard of it. */
  async #catchUp(callId: string, learn: 'always' | 'if-changed'): Promise<Heard> {
    const known = this.#known.get(callId);
    const heard = await this.#options.store.since(callId, known?.told ?? null);
    const changed = known !== undefined && known.version !== heard.stored.version;
    if (learn === 'always' || changed) this.#learn(callId, heard, false);
    return heard;
  }

  /** This is what the call is now. @param mine whether this gateway has just dealt with it */
  #learn(callId: string, { stored, told, news }: Heard, mine: boolean): void {
    const { observe, learnt, run } = this.#options;
    const { state } = stored;
    const complete = news !== 'lost';
    for (const effect of complete ? news : NO_NEWS) run(callId, effect);
    const before = this.#known.get(callId)?.state ?? null;
    const concerns = state !== null && this.#concerns(state, mine || before !== null);
    if (concerns) this.#known.set(callId, { ...stored, told });
    else this.#known.delete(callId);
    const after = concerns ? state : null;
    if (before !== after) observe?.(callId, before, after);
    this.#schedule(callId, after, mine);
    learnt?.(callId, state, complete);
    for (const watch of [...(this.#watchers.get(callId) ?? [])]) watch(state);
  }

  /** Whether this gateway sees to a call: it has people in it, or nobody has and it was the last. */
  #concerns(state: CallState, last: boolean): boolean {
    const { store, gatewayId } = this.#options;
    if (!store.shared) return true;
    const gateways = gatewaysOf(state);
    return gateways.includes(gatewayId) || (gateways.length === 0 && last);
  }

  #schedule(callId: string, state: CallState | null, mine: boolean): void {
    clearTimeout(this.#timers.get(callId));
    this.#timers.delete(callId);
    const at = state && nextDeadline(state);
    if (at === null || this.#closing.signal.aborted) return;
    const later = mine ? 0 : SECOND_MIN_MS + Math.random() * SECOND_SPREAD_MS;
    const timer = setTimeout(
      () => {
        this.post(callId, { type: 'tick' }).catch((error: unknown) => {
          this.#options.log.error('timer failed', { callId, error });
        });
      },
      Math.max(0, at - this.#now()) + later,
    );
    this.#timers.set(callId, timer);
  }
}

function startingAt(event: CallEvent, stored: Stored): CallEvent {
  if (event.type !== 'join' || stored.state !== null || stored.epoch === 0) return event;
  return { ...event, startEpoch: stored.epoch };
}

/** What nobody would tell again: it must not be forgotten because the store is away. */
function isNoticed({ type }: CallEvent): boolean {
  return NOTICED[type];
}

/** By type, so that a new one has to be thought about. */
const NOTICED: Readonly<Record<CallEvent['type'], boolean>> = {
  join: false,
  leave: false,
  update: false,
  confirm: false,
  measured: false,
  path: false,
  'set-policy': false,
  moderate: false,
  'floor-request': false,
  'floor-release': false,
  disconnected: true,
  'room-opened': true,
  'room-not-opened': true,
  'room-lost': true,
  'room-moving': true,
  'room-staying': true,
  'media-server-available': true,
  'gateway-lost': true,
  'floor-behind': true,
  tick: true,
};

function isAway(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'call-store-unavailable';
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      until.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    until.addEventListener('abort', finish);
  });
}
