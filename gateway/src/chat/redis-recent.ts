/** The latest messages of live calls in Redis: for several gateways. */
import type { StoredMessage } from '../store/records.ts';
import { Script, type RedisConnection } from '../store/redis-connection.ts';
import { KEPT_MESSAGES, type RecentChat, type RecentMessages } from './recent.ts';

/** A call in which nobody has written for so long is taken for ended by a gateway that could not say so; seconds. */
const FORGET_AFTER_S = 86_400;

/** Looks, adds and shortens in one step, whoever else does. The first entry of the list says how many were dropped. */
const ADD = new Script(`
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
return {added, 1}`);

export class RedisRecentChat implements RecentChat {
  readonly #redis: Pick<RedisConnection, 'run' | 'command'>;
  readonly #prefix: string;

  /** @param prefix of all its keys */
  constructor(redis: Pick<RedisConnection, 'run' | 'command'>, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(recordId: string, message: StoredMessage): Promise<{ message: StoredMessage; isNew: boolean }> {
    const [text, isNew] = (await this.#redis.run(
      ADD,
      [this.#key(recordId)],
      [JSON.stringify(message), message.messageId, String(KEPT_MESSAGES), String(FORGET_AFTER_S)],
    )) as [string, number];
    return { message: JSON.parse(text) as StoredMessage, isNew: isNew === 1 };
  }

  async list(recordId: string): Promise<RecentMessages> {
    const [dropped, ...texts] = (await this.#redis.command(
      'LRANGE',
      this.#key(recordId),
      '0',
      '-1',
    )) as string[];
    return {
      messages: texts.map((text) => JSON.parse(text) as StoredMessage),
      complete: dropped !== '1',
    };
  }

  forget(recordId: string): void {
    // It would go by itself.
    this.#redis.command('DEL', this.#key(recordId)).catch(() => undefined);
  }

  #key(recordId: string): string {
    return `${this.#prefix}${recordId}`;
  }
}
