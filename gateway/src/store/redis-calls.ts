/**
 * Live calls in Redis, for any number of gateways. Every write is one script: it compares the version, writes the state
 * with the time of its next deadline, notes which gateways have people in the call, and tells those of them that did
 * not write it.
 *
 * Versions are microseconds of Redis's clock, and grow by at least one: they do not go down even if Redis has lost its
 * last writes, so what was decided on a state that is lost is refused.
 *
 * What clients are to hear of a write is stored with it, numbered, so that every gateway tells its own clients the same in
 * the same order, whatever becomes of the notices.
 *
 * Under the prefix: `call:<id>` (version, state, gateways), `fence:<id>` (version, epoch, next, told: outlives the call by
 * ten minutes), `news:<id>` (a list of the last, for a minute), `deadlines` and `calls` (sorted sets of call ids), `at:<gateway>` (its calls); channel `changed:<gateway>`.
 */
import type { Log } from '@crossfade/service/log';
import type { News } from '../calls/events.ts';
import { nextDeadline, type CallState } from '../calls/state.ts';
import {
  FENCE_MS,
  gatewaysOf,
  nextCallEpoch,
  type CallStore,
  type Heard,
  type Saved,
  type Stored,
} from './calls.ts';
import { Script, type RedisConnection } from './redis-connection.ts';

/** A call that no gateway keeps alive is gone after this time, milliseconds. Every write and `keep` begins it anew. */
const CALL_LIFETIME_MS = 600_000;
/** Writes of a call whose news are kept, and for how long, milliseconds: what a gateway that was busy or away catches up with. */
const NEWS_KEPT = 64;
const NEWS_LIFETIME_MS = 60_000;

const WRITE = `
local function write(id, version, state, epoch, nextEpoch, deadline, gateways, lifetime, fenceLife, prefix, writer)
  local told, now = {}, {}
  for g in string.gmatch(redis.call('HGET', KEYS[1], 'gateways') or '', '[^,]+') do told[g] = 'gone' end
  for g in string.gmatch(gateways, '[^,]+') do
    redis.call('SADD', prefix .. 'at:' .. g, id)
    redis.call('PEXPIRE', prefix .. 'at:' .. g, lifetime)
    told[g] = 'here'
  end
  if state == '' then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[3], id)
    redis.call('ZREM', KEYS[4], id)
  else
    redis.call('HSET', KEYS[1], 'version', version, 'state', state, 'gateways', gateways)
    redis.call('PEXPIRE', KEYS[1], lifetime)
    redis.call('ZADD', KEYS[4], 0, id)
    redis.call('PEXPIRE', KEYS[4], lifetime)
    if deadline == '' then redis.call('ZREM', KEYS[3], id)
    else
      redis.call('ZADD', KEYS[3], deadline, id)
      redis.call('PEXPIRE', KEYS[3], lifetime)
    end
    redis.call('HSET', KEYS[2], 'epoch', epoch)
    local before = tonumber(redis.call('HGET', KEYS[2], 'next') or '0')
    redis.call('HSET', KEYS[2], 'next', math.max(before, tonumber(nextEpoch)))
  end
  redis.call('HSET', KEYS[2], 'version', version)
  redis.call('PEXPIRE', KEYS[2], state == '' and fenceLife or math.max(tonumber(lifetime), tonumber(fenceLife)))
  for g, where in pairs(told) do
    if where == 'gone' then redis.call('SREM', prefix .. 'at:' .. g, id) end
    if g ~= writer then redis.call('PUBLISH', prefix .. 'changed:' .. g, id) end
  end
end
`;

const SAVE = new Script(`${WRITE}
local id, expected, state, epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local current = redis.call('HGET', KEYS[1], 'version') or ''
if current ~= expected then return 'conflict' end
local fence = redis.call('HMGET', KEYS[2], 'version', 'epoch')
if state ~= '' and tonumber(epoch) < tonumber(fence[2] or '0') then return 'fenced' end
local time = redis.call('TIME')
local version = tonumber(time[1]) * 1000000 + tonumber(time[2])
version = math.max(version, tonumber(fence[1] or '0') + 1, tonumber(current == '' and '0' or current) + 1)
version = string.format('%.0f', version)
local told = tonumber(redis.call('HGET', KEYS[2], 'told') or '0')
if ARGV[12] ~= '' then
  told = told + 1
  redis.call('HSET', KEYS[2], 'told', told)
  redis.call('RPUSH', KEYS[5], told .. ':' .. ARGV[12])
  redis.call('LTRIM', KEYS[5], -${String(NEWS_KEPT)}, -1)
  redis.call('PEXPIRE', KEYS[5], ${String(NEWS_LIFETIME_MS)})
end
write(id, version, state, epoch, ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11])
return { version, told }
`);

const RESTORE = new Script(`${WRITE}
local id, version, state, epoch = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local current = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
local fence = tonumber(redis.call('HGET', KEYS[2], 'version') or '0')
if math.max(current, fence) >= tonumber(version) then return 0 end
local told = math.max(tonumber(redis.call('HGET', KEYS[2], 'told') or '0'), tonumber(ARGV[12]))
redis.call('HSET', KEYS[2], 'told', told)
write(id, version, state, epoch, ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11])
return 1
`);

const LOAD = new Script(`
local call = redis.call('HMGET', KEYS[1], 'version', 'state')
if call[1] then return call end
return { false, redis.call('HGET', KEYS[2], 'next') }
`);

const SINCE = new Script(`
local call = redis.call('HMGET', KEYS[1], 'version', 'state')
local fence = redis.call('HMGET', KEYS[2], 'next', 'told')
local told, from, news = tonumber(fence[2] or '0'), tonumber(ARGV[1]), {}
if from >= 0 and from < told then news = redis.call('LRANGE', KEYS[3], from - told, -1) end
return { call[1], call[1] and call[2] or fence[1], told, news }
`);

/** Ids of which the call is gone (expired) are dropped on the way. */
const DUE = new Script(`
local due = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  if redis.call('EXISTS', ARGV[3] .. 'call:' .. id) == 1 then due[#due + 1] = id
  else redis.call('ZREM', KEYS[1], id) end
end
return due
`);

const LIST = new Script(`
local live = {}
local from = ARGV[1]
repeat
  local page = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, ARGV[2])
  for _, id in ipairs(page) do
    from = '(' .. id
    if redis.call('EXISTS', ARGV[3] .. 'call:' .. id) == 0 then redis.call('ZREM', KEYS[1], id)
    elseif #live < tonumber(ARGV[2]) then live[#live + 1] = id end
  end
until #page == 0 or #live == tonumber(ARGV[2])
return live
`);

const KEEP = new Script(`
for i = 3, #ARGV do
  redis.call('PEXPIRE', ARGV[2] .. 'call:' .. ARGV[i], ARGV[1])
  redis.call('PEXPIRE', ARGV[2] .. 'fence:' .. ARGV[i], ARGV[1])
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[1]) end
return 1
`);

export interface RedisCallStoreOptions {
  connection: RedisConnection;
  prefix: string;
  /** Of this process: it is not told of its own writes. */
  gatewayId: string;
  log: Log;
  /** Told of every write that came too late. */
  onConflict?: () => void;
  callLifetimeMs?: number;
}

export class RedisCallStore implements CallStore {
  readonly shared = true;
  readonly #options: RedisCallStoreOptions;
  readonly #lifetime: string;

  constructor(options: RedisCallStoreOptions) {
    this.#options = options;
    this.#lifetime = String(options.callLifetimeMs ?? CALL_LIFETIME_MS);
  }

  async load(callId: string): Promise<Stored> {
    const keys = [this.#key(`call:${callId}`), this.#key(`fence:${callId}`)];
    const [version, value] = (await this.#options.connection.run(LOAD, keys, [])) as (string | null)[];
    return storedOf(version, value);
  }

  async since(callId: string, told: number | null): Promise<Heard> {
    const keys = ['call', 'fence', 'news'].map((name) => this.#key(`${name}:${callId}`));
    const answer = await this.#options.connection.run(SINCE, keys, [String(told ?? -1)]);
    const [version, value, now, entries] = answer as [string | null, string | null, number, string[]];
    return {
      stored: storedOf(version, value),
      told: now,
      news: told === null ? [] : newsOf(entries, told, now),
    };
  }

  async save(
    callId: string,
    expected: number | null,
    state: CallState | null,
    news: readonly News[] = [],
  ): Promise<Saved> {
    const [id, ...rest] = this.#values(callId, state);
    const entry = news.length === 0 ? '' : JSON.stringify(news);
    const args = [id, expected === null ? '' : String(expected), ...rest, entry];
    const answer = await this.#options.connection.run(SAVE, this.#keys(callId), args);
    if (answer === 'conflict' || answer === 'fenced') {
      this.#options.onConflict?.();
      return { kind: answer };
    }
    const [version, told] = answer as [string, number];
    return { kind: 'saved', version: Number(version), told };
  }

  /**
   * After Redis was away: writes what this gateway knows, if Redis has lost it.
   * @param told how many pieces of news there were
   * @returns whether it had
   */
  async restore(callId: string, state: CallState, version: number, told = 0): Promise<boolean> {
    const [id, ...rest] = this.#values(callId, state);
    const answer = await this.#options.connection.run(RESTORE, this.#keys(callId), [
      id,
      String(version),
      ...rest,
      String(told),
    ]);
    return answer === 1;
  }

  async due(now: number, limit: number): Promise<string[]> {
    const { connection, prefix } = this.#options;
    const args = [String(now), String(limit), prefix];
    return (await connection.run(DUE, [this.#key('deadlines')], args)) as string[];
  }

  async list(after: string | undefined, limit: number): Promise<string[]> {
    const { connection, prefix } = this.#options;
    const args = [after === undefined ? '-' : `(${after}`, String(limit), prefix];
    return (await connection.run(LIST, [this.#key('calls')], args)) as string[];
  }

  async at(gatewayId: string): Promise<string[]> {
    return (await this.#options.connection.command('SMEMBERS', this.#key(`at:${gatewayId}`))) as string[];
  }

  /** Keeps calls from expiring in which nothing happens. */
  async keep(callIds: readonly string[]): Promise<void> {
    const { connection, prefix, gatewayId } = this.#options;
    const keys = ['calls', 'deadlines', `at:${gatewayId}`].map((name) => this.#key(name));
    await connection.run(KEEP, keys, [this.#lifetime, prefix, ...callIds]);
  }

  /**
   * Calls back when another gateway wrote a call that this one has people in.
   * @param again called when it listens again after the connection was gone, and may have missed something
   * @returns how to stop
   */
  watch(changed: (callId: string) => void, again: () => void = () => undefined): () => void {
    const { connection, gatewayId, log } = this.#options;
    const client = connection.another();
    const listen = async () => {
      await client.connect();
      await client.subscribe(this.#key(`changed:${gatewayId}`), changed);
      client.on('ready', again);
    };
    listen().catch((error: unknown) => log.debug('not listening for changes of calls', { error }));
    return () => {
      if (client.isOpen) client.destroy();
    };
  }

  #key(name: string): string {
    return `${this.#options.prefix}${name}`;
  }

  #keys(callId: string): string[] {
    const names = [`call:${callId}`, `fence:${callId}`, 'deadlines', 'calls', `news:${callId}`];
    return names.map((name) => this.#key(name));
  }

  /** What the scripts that write take, without the version. */
  #values(callId: string, state: CallState | null): [string, ...string[]] {
    const { prefix, gatewayId } = this.#options;
    const deadline = state && nextDeadline(state);
    return [
      callId,
      state ? JSON.stringify(state) : '',
      String(state?.epoch ?? 0),
      String(state ? nextCallEpoch(state) : 0),
      deadline === null ? '' : String(deadline),
      state ? gatewaysOf(state).join(',') : '',
      this.#lifetime,
      String(FENCE_MS),
      prefix,
      gatewayId,
    ];
  }
}

function storedOf(version: string | null | undefined, value: string | null | undefined): Stored {
  if (version === null || version === undefined)
    return { state: null, version: null, epoch: Number(value ?? 0) };
  return { state: JSON.parse(value ?? '') as CallState, version: Number(version) };
}

/** What was told after `from` up to `to`, if all of it is there. */
function newsOf(entries: readonly string[], from: number, to: number): readonly News[] | 'lost' {
  // More was told here than there ever was: Redis has lost it, and others may have told something else since.
  if (entries.length !== to - from) return 'lost';
  const numbered = entries.map((entry) => {
    const end = entry.indexOf(':');
    return { number: Number(entry.slice(0, end)), news: JSON.parse(entry.slice(end + 1)) as News[] };
  });
  return numbered.every(({ number }, i) => number === from + 1 + i)
    ? numbered.flatMap(({ news }) => news)
    : 'lost';
}
