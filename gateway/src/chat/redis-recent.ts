/** The latest messages of live calls in Redis: for several gateways. */
import type { StoredMessage } from '../store/records.ts';
import { KEPT_MESSAGES, type RecentChat, type RecentMessages } from './recent.ts';

/** What Redis has to be able to do; the client of `@redis/client` is. */
export interface ScriptRunner {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  lRange(key: string, start: number, stop: number): Promise<string[]>;
  del(keys: string[]): Promise<number>;
}

/** A call in which nobody has written for so long is taken for ended by a gateway that could not say so; seconds. */
const FORGET_AFTER_S = 86_400;

/** Looks, adds and shortens in one step, whoever else does. The first entry of the list says how many were dropped. */
const ADD = `
local all = redis.call('LRANGE', KEYS[1], 1, -1)
for _, text in ipairs(all) do
  if cjson.decode(text).messageId == ARGV[2] then return {text, 0} end
end
local added = ARGV[1]
local last = all[#all] and cjson.decode(all[#all]).at
local message = cjson.decode(added)
if last and last >= message.at then
  message.at = last + 1
  added = cjson.encode(message)
end
if #all == 0 then redis.call('RPUSH', KEYS[1], '0') end
redis.call('RPUSH', KEYS[1], added)
if #all >= tonumber(ARGV[3]) then
  redis.call('LPOP', KEYS[1], 2)
  redis.call('LPUSH', KEYS[1], '1')
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {added, 1}`;

export class RedisRecentChat implements RecentChat {
  readonly #redis: ScriptRunner;
  readonly #prefix: string;

  /** @param prefix of all its keys */
  constructor(redis: ScriptRunner, prefix = 'crossfade:chat:') {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(recordId: string, message: StoredMessage): Promise<{ message: StoredMessage; isNew: boolean }> {
    const [text, isNew] = (await this.#redis.eval(ADD, {
      keys: [this.#key(recordId)],
      arguments: [JSON.stringify(message), message.messageId, String(KEPT_MESSAGES), String(FORGET_AFTER_S)],
    })) as [string, number];
    return { message: JSON.parse(text) as StoredMessage, isNew: isNew === 1 };
  }

  async list(recordId: string): Promise<RecentMessages> {
    const [dropped, ...texts] = await this.#redis.lRange(this.#key(recordId), 0, -1);
    return {
      messages: texts.map((text) => JSON.parse(text) as StoredMessage),
      complete: dropped !== '1',
    };
  }

  forget(recordId: string): void {
    // It would go by itself.
    this.#redis.del([this.#key(recordId)]).catch(() => undefined);
  }

  #key(recordId: string): string {
    return `${this.#prefix}${recordId}`;
  }
}
