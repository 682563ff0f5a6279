/** The latest messages of a call, the same in memory and in a real Redis that several gateways share. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KEPT_MESSAGES, MemoryRecentChat, type RecentChat } from '../../../gateway/src/chat/recent.ts';
import { RedisRecentChat } from '../../../gateway/src/chat/redis-recent.ts';
import type { StoredMessage } from '../../../gateway/src/store/records.ts';
import { RedisConnection } from '../../../gateway/src/store/redis-connection.ts';
import { silentLog } from '@crossfade/service/log';
import { RedisServer, redisProgram } from './redis.ts';

const message = (n: number, at = 1_767_225_600_000): StoredMessage => ({
  messageId: `m${n}`,
  participantId: 'p',
  userId: 'u',
  displayName: 'Änne "☎"',
  text: `text ${n}\n\\ 😀`,
  at,
});

/**
 * @param gateways two views of the same messages
 * @param withoutAny what is told of a call of which nothing is kept
 */
function suite(gateways: () => [RecentChat, RecentChat], withoutAny: 'all' | 'unknown'): void {
  test('a message is new once, however many gateways take it at the same time', async () => {
    const [a, b] = gateways();
    const answers = await Promise.all([a, b, a, b].map((each) => each.add('once', message(1), 'all')));
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    for (const answer of answers) expect(answer.message).toEqual(message(1));
    expect(await b.list('once')).toEqual({ messages: [message(1)], extent: 'all' });
    expect(await b.find('once', 'm1')).toEqual({ found: true, extent: 'all' });
    expect(await b.find('once', 'm2')).toEqual({ found: false, extent: 'all' });
    expect(await b.list('another')).toEqual({ messages: [], extent: withoutAny });
    expect(await b.find('another', 'm1')).toEqual({ found: false, extent: withoutAny });
  });

  test('times grow, also when clocks do not agree', async () => {
    const [a, b] = gateways();
    for (let n = 0; n < 6; n += 1)
      await (n % 2 ? a : b).add('clocks', message(n, 1_767_225_600_000 - n * 1_000), 'all');
    const { messages } = await a.list('clocks');
    expect(messages.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5].map((n) => 1_767_225_600_000 + n));
    expect(messages.map(({ messageId }) => messageId)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5']);
  });

  test('the oldest go, and that is told', async () => {
    const [a, b] = gateways();
    for (let n = 0; n < KEPT_MESSAGES; n += 1) await a.add('many', message(n), 'all');
    expect((await b.list('many')).extent).toBe('all');
    for (let n = KEPT_MESSAGES; n < KEPT_MESSAGES + 3; n += 1) await a.add('many', message(n), 'all');
    const { messages, extent } = await b.list('many');
    expect(extent).toBe('latest');
    expect(messages).toHaveLength(KEPT_MESSAGES);
    expect(messages[0]?.messageId).toBe('m3');
    expect(messages.at(-1)?.messageId).toBe(`m${KEPT_MESSAGES + 2}`);
  });

  test('a call that has ended is forgotten', async () => {
    const [a, b] = gateways();
    await a.add('over', message(1), 'all');
    a.forget('over');
    await a.list('over');
    expect(await b.list('over')).toEqual({ messages: [], extent: withoutAny });
  });
}

describe('in memory', () => {
  const memory = new MemoryRecentChat();
  suite(() => [memory, memory], 'all');
});

(redisProgram === undefined ? describe.skip : describe)(
  'in Redis (sudo apt-get install redis-server)',
  () => {
    let server: RedisServer;
    let gateways: [RedisConnection, RedisConnection];

    beforeAll(async () => {
      server = await RedisServer.start();
      gateways = [new RedisConnection(server.url, silentLog), new RedisConnection(server.url, silentLog)];
      for (const gateway of gateways) expect(await gateway.connected(5_000)).toBe(true);
    });
    afterAll(async () => {
      for (const gateway of gateways) gateway.close();
      await server.stop();
    });
    const views = (): [RecentChat, RecentChat] => [
      new RedisRecentChat(gateways[0], 'chat:'),
      new RedisRecentChat(gateways[1], 'chat:'),
    ];
    suite(views, 'unknown');

    test('a list that begins after another was lost does not pass for all there was', async () => {
      const [a, b] = views();
      await a.add('lost', message(7), 'latest');
      expect(await b.list('lost')).toEqual({ messages: [message(7)], extent: 'latest' });
    });
  },
);
