/**
 * Which gateways are there. Each renews its lease in Redis; the clock is Redis's, so a gateway whose own clock is wrong
 * neither lives longer nor dies sooner. Whoever sees a lease run out claims the gateway and reports it lost, as long as
 * its own lease has not been interrupted: after an outage of Redis everybody's has, and nobody judges anybody.
 */
import type { Log } from '@crossfade/service/log';
import { Script, type RedisConnection } from '../store/redis-connection.ts';

/** How often a lease is renewed, and how long it holds, milliseconds. */
export const BEAT_EVERY_MS = 700;
export const LEASE_MS = 4_000;
/** A beat is answered this often where all is well, milliseconds: two that are not make it doubtful. */
const FRESH_MS = 2_000;
/** Who has claimed a lost gateway sees to its calls within this time, or another one does; milliseconds. */
const CLAIM_MS = 5_000;
/** What is kept for gateways that are there is gone this long after the last of them, milliseconds. */
const FORGET_MS = 3_600_000;

/** Answers: whether the lease was unbroken, Redis's time, who is there, and who is lost and ours to see to. */
const BEAT = new Script(`
local id, lease, judges, prefix = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[6]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local own = tonumber(redis.call('ZSCORE', KEYS[1], id) or '0')
redis.call('ZADD', KEYS[1], now + lease, id)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
local lost = {}
if judges and own > now then
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
    if redis.call('SET', prefix .. 'claim:' .. other, id, 'NX', 'PX', ARGV[4]) then lost[#lost + 1] = other end
  end
end
return { own > now and 1 or 0, now, redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf'), lost }
`);

/** Forgets a lost gateway, unless it has come back meanwhile. */
const BURY = new Script(`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0') <= now then redis.call('ZREM', KEYS[1], ARGV[1]) end
redis.call('DEL', KEYS[2])
return 1
`);

export interface PresenceHandlers {
  /** A gateway is gone, and this one is to see to its calls. Its lease is forgotten when this is done. */
  lost: (gatewayId: string) => Promise<void>;
  /** This gateway was taken for lost, or may have been: its lease had run out. */
  returned: () => void;
  /** How far Redis's clock is ahead of this machine's, milliseconds. */
  clock: (aheadMs: number) => void;
}

export interface PresenceOptions {
  connection: RedisConnection;
  prefix: string;
  gatewayId: string;
  log: Log;
  handlers: PresenceHandlers;
  /** A further key that is kept as long as there are gateways. */
  keeps: string;
}

export class Presence {
  readonly #options: PresenceOptions;
  #timer: NodeJS.Timeout | undefined;
  /** Since when its lease has not been interrupted; null: it has none. */
  #unbrokenSince: number | null = null;
  #present: ReadonlySet<string> = new Set();
  /** When Redis last answered a beat. */
  #beatAt = -Infinity;
  #closed = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** The gateways that were there at the last beat, this one among them. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  /** Whether Redis has answered lately: one that hangs keeps its connections. */
  get fresh(): boolean {
    return performance.now() - this.#beatAt < FRESH_MS;
  }

  /** Whether it has been here for long enough to judge others. */
  get judges(): boolean {
    return this.#unbrokenSince !== null && performance.now() - this.#unbrokenSince > LEASE_MS;
  }

  /** Registers, and keeps the lease from now on. */
  async start(): Promise<void> {
    await this.#beat();
    this.#next();
  }

  /** Renews the lease at once: Redis is back. */
  async renew(): Promise<void> {
    if (!this.#closed) await this.#beat();
  }

  /** Gives the lease up: nobody has to wait for it to run out. */
  async leave(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const { connection, gatewayId } = this.#options;
    await connection.command('ZREM', this.#key('gateways'), gatewayId).catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #next(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      () => {
        void this.#beat().then(() => this.#next());
      },
      BEAT_EVERY_MS * (0.8 + Math.random() * 0.4),
    );
  }

  async #beat(): Promise<void> {
    const { connection, gatewayId, prefix, handlers, keeps } = this.#options;
    const sentAt = Date.now();
    let answer: unknown;
    try {
      const args = [gatewayId, LEASE_MS, this.judges ? 1 : 0, CLAIM_MS, FORGET_MS].map(String);
      answer = await connection.run(BEAT, [this.#key('gateways'), keeps], [...args, prefix]);
    } catch {
      return;
    }
    const [unbroken, redisNow, present, lost] = answer as [number, number, string[], string[]];
    this.#beatAt = performance.now();
    handlers.clock(redisNow - (sentAt + Date.now()) / 2);
    this.#present = new Set(present);
    const first = this.#unbrokenSince === null;
    if (unbroken === 0) this.#unbrokenSince = performance.now();
    if (unbroken === 0 && !first) handlers.returned();
    for (const other of lost) this.#seeTo(other);
  }

  #seeTo(other: string): void {
    const { handlers, connection, log, prefix } = this.#options;
    log.warn('a gateway is lost', { gateway: other });
    handlers
      .lost(other)
      .then(() => connection.run(BURY, [this.#key('gateways'), `${prefix}claim:${other}`], [other]))
      .catch((error: unknown) => log.warn('a lost gateway was not seen to', { gateway: other, error }));
  }

  #key(name: string): string {
    return `${this.#options.prefix}${name}`;
  }
}
