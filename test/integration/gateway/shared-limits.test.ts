/** Limits that several gateways count together, with a real Redis, and without it when it is away. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import { BUDGETS, type Budget, type Rate } from '../../../gateway/src/limits/budgets.ts';
import { RateLimits } from '../../../gateway/src/limits/rate-limits.ts';
import { RedisConnection } from '../../../gateway/src/store/redis-connection.ts';
import { startOwnTime } from '../own-time.ts';
import { RedisServer } from './redis.ts';

const rates = (points: number) =>
  Object.fromEntries(BUDGETS.map((budget) => [budget, { points, seconds: 60 }])) as Record<Budget, Rate>;

let redis: RedisServer;
let connections: RedisConnection[];
let gateways: RateLimits[];

beforeAll(async () => {
  redis = await RedisServer.start();
  connections = [new RedisConnection(redis.url, silentLog), new RedisConnection(redis.url, silentLog)];
  for (const connection of connections) expect(await connection.connected(5_000)).toBe(true);
  gateways = connections.map(
    (store) =>
      new RateLimits({
        user: rates(3),
        address: rates(1_000),
        shared: { store, prefix: 'test:' },
        onLimited: () => undefined,
      }),
  );
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  await redis.stop();
});

async function served(gateway: number, budget: Budget, user: string): Promise<boolean> {
  try {
    await gateways[gateway]?.spend(budget, { user, address: '203.0.113.1' });
    return true;
  } catch (error) {
    if (error instanceof CodedError && error.code === 'rate-limited') return false;
    throw error;
  }
}

test('what happens seldom is counted for all gateways together', async () => {
  const answers = [];
  for (let sent = 0; sent < 5; sent += 1) answers.push(await served(sent % 2, 'joins', 'ann'));
  expect(answers).toEqual([true, true, true, false, false]);
  const ttl = Number(await redis.command('PTTL', 'test:limit:joins:user:ann'));
  expect(ttl).toBeGreaterThan(0);
  expect(ttl).toBeLessThanOrEqual(60_000);
});

test('what happens often is counted by each gateway, and costs no round trip', async () => {
  for (let sent = 0; sent < 6; sent += 1) expect(await served(sent % 2, 'signals', 'ann')).toBe(true);
  expect(await redis.command('KEYS', '*signals*')).toEqual([]);
});

test.each(['SIGSTOP', 'SIGKILL'] as const)('a Redis that gets %s delays nobody for long', async (signal) => {
  if (signal === 'SIGSTOP') redis.signal('SIGSTOP');
  else await redis.kill();
  const took = startOwnTime();
  const answers = [];
  for (let sent = 0; sent < 4; sent += 1) answers.push(await served(0, 'rest', `user ${signal}`));
  expect(answers).toEqual([true, true, true, false]);
  if (signal === 'SIGKILL') expect(took()).toBeLessThan(1_000);
  else redis.signal('SIGCONT');
});
