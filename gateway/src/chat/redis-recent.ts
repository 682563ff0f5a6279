/** The latest messages of live calls in Redis: for several gateways. */
import type { StoredMessage } from '../store/records.ts';
import { Script, type RedisConnection } from '../store/redis-connection.ts';
import { KEPT_MESSAGES, type Extent, type RecentChat, type RecentMessages } from './recent.ts';

/** What nobody has added to for so long goes, should no gateway have said that the call has ended; seconds. */
const FORGET_AFTER_S = 86_400;

/** The first entry of a list: all messages of the call follow, or only the latest. */
const MARKS = { all: '0', latest: '1' } as const;

/** Looks, adds and shortens in one step, whoever else does. */
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
if #all == 0 then redis.call('RPUSH', KEYS[1], ARGV[5]) end
redis.call('RPUSH', KEYS[1], added)
if #all >= tonumber(ARGV[3]) then
  redis.call('LPOP', KEYS[1], 2)
  redis.call('LPUSH', KEYS[1], '1')
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return {added, 1}`);

/** Looks for a message where the list is, rather than have all of it sent. */
const FIND = new Script(`
local all = redis.call('LRANGE', KEYS[1], 0, -1)
for index = 2, #all do
  if cjson.decode(all[index]).messageId == ARGV[1] then return {all[1], 1} end
end
return {all[1] or '', 0}`);

export class RedisRecentChat implements RecentChat {
  readonly #redis: Pick<RedisConnection, 'run' | 'command'>;
  readonly #prefix: string;

  /** @param prefix of all its keys */
  constructor(redis: Pick<RedisConnection, 'run' | 'command'>, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(
    recordId: string,
    message: StoredMessage,
    extent: 'all' | 'latest',
  ): Promise<{ message: StoredMessage; isNew: boolean }> {
    const [text, isNew] = (await this.#redis.run(
      ADD,
      [this.#key(recordId)],
      [
        JSON.stringify(message),
        message.messageId,
        String(KEPT_MESSAGES),
        String(FORGET_AFTER_S),
        MARKS[extent],
      ],
    )) as [string, number];
    return { message: JSON.parse(text) as StoredMessage, isNew: isNew === 1 };
  }

  async list(recordId: string): Promise<RecentMessages> {
    const [mark, ...texts] = (await this.#redis.command(
      'LRANGE',
      this.#key(recordId),
      '0',
      '-1',
    )) as string[];
    return { messages: texts.map((text) => JSON.parse(text) as StoredMessage), extent: extentOf(mark) };
  }

  async find(recordId: string, messageId: string): Promise<{ found: boolean; extent: Extent }> {
    const [mark, found] = (await this.#redis.run(FIND, [this.#key(recordId)], [messageId])) as [
      string,
      number,
    ];
    return { found: found === 1, extent: extentOf(mark) };
  }

  forget(recordId: string): void {
    // It would go by itself.
    this.#redis.command('DEL', this.#key(recordId)).catch(() => undefined);
  }

  #key(recordId: string): string {
    return `${this.#prefix}${recordId}`;
  }
}

/** A list that is not there may have been lost with a Redis that was started anew, or have gone by itself. */
function extentOf(mark: string | undefined): Extent {
  if (mark === MARKS.all) return 'all';
  return mark === MARKS.latest ? 'latest' : 'unknown';
}
