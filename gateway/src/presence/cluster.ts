/**
 * One of several gateways: what they share in Redis, and what each does for the others. Calls of a gateway that is gone
 * are told so, deadlines that nobody kept are kept, and after Redis was away it gets back what it has lost.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { Calls } from '../calls/calls.ts';
import type { ClusterMetrics } from '../metrics/cluster.ts';
import type { Attendance } from '../signalling/attendance.ts';
import { gatewaysOf } from '../store/calls.ts';
import { RedisCallStore } from '../store/redis-calls.ts';
import { RedisConnection } from '../store/redis-connection.ts';
import { LEASE_MS, Presence } from './presence.ts';

/** How often overdue calls are looked for, and how long overdue they have to be, milliseconds. */
const SWEEP_EVERY_MS = 1_000;
const OVERDUE_MS = 500;
const SWEEP_LIMIT = 100;
/** How often calls are kept from expiring, milliseconds. */
const KEEP_EVERY_MS = 60_000;
/** A Redis that was started again gets this long for all gateways to give back what they know, milliseconds. */
const RESTORE_GRACE_MS = 400;
/** How many calls are written or read at a time. */
const BATCH = 50;
/** How long a start waits for Redis, milliseconds. */
const START_LIMIT_MS = 2_000;
/** How long a stop takes to hand its calls over; what is left the others see to when the lease is given up, milliseconds. */
const HAND_OVER_LIMIT_MS = 4_000;

export interface ClusterOptions {
  url: string;
  prefix: string;
  gatewayId: string;
  log: Log;
  metrics: Pick<ClusterMetrics, 'storeConflict' | 'storeError' | 'gateways' | 'watchStore'>;
}

export interface ClusterMembers {
  calls: Calls;
  attendance: Attendance;
  /** What the others hear of this gateway's messages with. */
  stream: string;
  /** Told of each call of this gateway after Redis was away: it may have forgotten what was done for the call. */
  recovered: (callId: string) => void;
}

export class Cluster {
  readonly connection: RedisConnection;
  readonly store: GatedStore;
  readonly #options: ClusterOptions;
  #members: ClusterMembers | undefined;
  #presence: Presence | undefined;
  #unwatch: (() => void) | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  /** How far Redis's clock is ahead of ours, milliseconds. */
  #aheadMs = 0;
  /** Which run of Redis it was; another one may have lost its last writes. */
  #run: string | undefined;
  /** Gateways that calls have people at and that are not there, and since when that is seen. */
  readonly #missing = new Map<string, number>();
  #closed = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { url, prefix, gatewayId, log, metrics } = options;
    this.connection = new RedisConnection(url, log, { failed: metrics.storeError });
    this.store = new GatedStore({
      connection: this.connection,
      prefix,
      gatewayId,
      log,
      onConflict: metrics.storeConflict,
    });
    metrics.watchStore(() => this.ready);
  }

  /** Time as all gateways have it, whatever their own clocks say. */
  readonly now = (): number => Date.now() + this.#aheadMs;

  /** Whether Redis is there, answers, and has what the gateways know. */
  get ready(): boolean {
    return this.connection.ready && this.#presence?.fresh === true && !this.store.closed;
  }

  /** Whether what is sent to a gateway's clients gets there. */
  reaches(gatewayId: string): boolean {
    return gatewayId === this.#options.gatewayId || this.connection.ready;
  }

  /** Waits for Redis for a while. */
  async reach(): Promise<void> {
    await this.connection.connected(START_LIMIT_MS);
  }

  /** Takes its place among the gateways. */
  async start(members: ClusterMembers): Promise<void> {
    this.#members = members;
    const { calls } = members;
    const { prefix, gatewayId, log, metrics } = this.#options;
    this.#unwatch = this.store.watch(
      (callId) => void calls.refresh(callId),
      () => void this.#refreshAll(),
    );
    this.#presence = new Presence({
      connection: this.connection,
      prefix,
      gatewayId,
      log,
      keeps: members.stream,
      handlers: {
        lost: (other) => this.#seeTo(other),
        returned: () => void this.#refreshAll(),
        clock: (aheadMs) => {
          this.#aheadMs = aheadMs;
          metrics.gateways(this.#presence?.present.size ?? 0);
        },
      },
    });
    this.#run = await this.#currentRun().catch(() => undefined);
    await this.#presence.start();
    this.connection.onReady(() => void this.#recover());
    this.#every(SWEEP_EVERY_MS, () => this.#sweep());
    this.#every(KEEP_EVERY_MS, () => this.#keep());
  }

  /** Leaves: whoever is still said to be here can come back elsewhere at once. */
  async leave(): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#seeTo(this.#options.gatewayId).catch(() => undefined),
      new Promise((resolve) => {
        limit = setTimeout(resolve, HAND_OVER_LIMIT_MS);
      }),
    ]);
    clearTimeout(limit);
    await this.#presence?.leave();
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#presence?.close();
    this.#unwatch?.();
    this.connection.close();
  }

  /** The people of a gateway that is gone may come back elsewhere. */
  async #seeTo(gatewayId: string): Promise<void> {
    const calls = this.#members?.calls;
    if (!calls) return;
    await inBatches(await this.store.at(gatewayId), (callId) =>
      calls.post(callId, { type: 'gateway-lost', gatewayId }),
    );
  }

  /** Redis is back, or was only out of reach. */
  async #recover(): Promise<void> {
    const { log } = this.#options;
    const calls = this.#members?.calls;
    if (!calls || this.#closed) return;
    this.store.closed = true;
    try {
      const known = [...calls.known];
      let restored = 0;
      await inBatches(known, async ([callId, { state, version, told }]) => {
        if (await this.store.restore(callId, state, version, told)) restored += 1;
      });
      const run = await this.#currentRun();
      if (run !== this.#run) await new Promise((resolve) => setTimeout(resolve, RESTORE_GRACE_MS));
      this.#run = run;
      if (restored > 0) log.warn('Redis had lost writes, which it was given back', { calls: restored });
    } catch (error) {
      // Away again: the next connection begins anew.
      log.debug('calls were not given back to Redis', { error });
    } finally {
      this.store.closed = false;
    }
    await this.#presence?.renew();
    await this.#refreshAll();
    for (const callId of calls.known.keys()) this.#members?.recovered(callId);
  }

  async #refreshAll(): Promise<void> {
    if (!this.#members) return;
    const { calls, attendance } = this.#members;
    const mine = await this.store.at(this.#options.gatewayId).catch(() => []);
    await inBatches([...new Set([...calls.known.keys(), ...attendance.calls, ...mine])], (callId) =>
      calls.refresh(callId),
    );
  }

  /** Deadlines of calls whose gateway is gone, and people at gateways that nobody remembers. */
  async #sweep(): Promise<void> {
    const calls = this.#members?.calls;
    if (!calls || !this.ready) return;
    const overdue = await this.store.due(this.now() - OVERDUE_MS, SWEEP_LIMIT);
    await inBatches(overdue, (callId) => calls.post(callId, { type: 'tick' }));
    if (this.#presence?.judges !== true) return;
    const { present } = this.#presence;
    const absent = new Map<string, string[]>();
    for (const [callId, { state }] of calls.known) {
      for (const gatewayId of gatewaysOf(state)) {
        if (!present.has(gatewayId)) absent.set(gatewayId, [...(absent.get(gatewayId) ?? []), callId]);
      }
    }
    for (const gatewayId of this.#missing.keys()) {
      if (!absent.has(gatewayId)) this.#missing.delete(gatewayId);
    }
    for (const [gatewayId, callIds] of absent) {
      const since = this.#missing.get(gatewayId) ?? performance.now();
      this.#missing.set(gatewayId, since);
      if (performance.now() - since < LEASE_MS) continue;
      await inBatches(callIds, (callId) => calls.post(callId, { type: 'gateway-lost', gatewayId }));
    }
  }

  async #keep(): Promise<void> {
    const calls = this.#members?.calls;
    if (!calls || !this.ready) return;
    const ids = [...calls.known.keys()];
    for (let from = 0; from < ids.length; from += BATCH) await this.store.keep(ids.slice(from, from + BATCH));
  }

  async #currentRun(): Promise<string | undefined> {
    const info = await this.connection.command('INFO', 'server');
    return /^run_id:(\w+)/m.exec(String(info))?.[1];
  }

  #every(ms: number, work: () => Promise<void>): void {
    const index = this.#timers.length;
    const next = () => {
      if (this.#closed) return;
      // Jittered, so that gateways take turns.
      this.#timers[index] = setTimeout(
        () => {
          work()
            .catch((error: unknown) => this.#options.log.debug('a look at the calls failed', { error }))
            .finally(next);
        },
        ms * (0.5 + Math.random()),
      );
    };
    next();
  }
}

/** Answers as if Redis were away while it is being given back what it has lost: nobody may decide on less. */
class GatedStore extends RedisCallStore {
  closed = false;

  override load(callId: string) {
    return this.closed ? Promise.reject(new CodedError('call-store-unavailable')) : super.load(callId);
  }

  override since(...args: Parameters<RedisCallStore['since']>) {
    return this.closed ? Promise.reject(new CodedError('call-store-unavailable')) : super.since(...args);
  }

  override save(...args: Parameters<RedisCallStore['save']>) {
    return this.closed ? Promise.reject(new CodedError('call-store-unavailable')) : super.save(...args);
  }
}

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += BATCH) {
    await Promise.all(items.slice(from, from + BATCH).map(work));
  }
}
