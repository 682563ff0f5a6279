/** The budgets of users, sockets and addresses, each reached by itself; and that Redis is not needed for any. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { Gateway } from '../../../gateway/src/app.ts';
import { RedisServer } from './redis.ts';
import { ScriptedClient } from './scripted-client.ts';
import { startScriptedGateway, userKey } from './stack.ts';

/** Of requests in ten seconds, that those of one user may make. */
const OF_A_USER = 10;
const OF_AN_ADDRESS = 30;
const OF_A_SOCKET = 20;

const clients = new Set<ScriptedClient>();
afterEach(() => {
  for (const client of clients) client.close();
  clients.clear();
});

const tokenOf = (sub: string) => signUserToken(userKey, { sub, name: sub }, 600);

async function connect(gateway: Gateway, sub: string, address: string): Promise<ScriptedClient> {
  const client = await ScriptedClient.connect(gateway.url, tokenOf(sub), { 'x-forwarded-for': address });
  clients.add(client);
  return client;
}

const refusalOf = (connecting: Promise<ScriptedClient>) =>
  connecting.then(
    () => 'in',
    (error: unknown) => (error as { data?: { code: string } }).data?.code,
  );

/** How many of so many requests were served. */
async function served(client: ScriptedClient, name: string, count: number): Promise<number> {
  const codes = await Promise.all(
    Array.from({ length: count }, () => client.codeOf(name, { callId: 'none', epoch: 0 })),
  );
  return codes.filter((code) => code !== 'rate-limited').length;
}

describe('budgets', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startScriptedGateway({
      MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
      TRUSTED_PROXIES: '127.0.0.1,::1',
      MAX_REQUESTS_PER_SECOND: String(OF_A_USER / 10),
      MAX_USERS_PER_ADDRESS: String(OF_AN_ADDRESS / OF_A_USER),
      MAX_SOCKET_MESSAGES_PER_SECOND: String(OF_A_SOCKET / 10),
    });
  });
  afterAll(() => gateway.close());

  test('of a user: over all sockets and addresses, and nobody else’s', async () => {
    const [one, other] = [
      await connect(gateway, 'ann', '203.0.113.1'),
      await connect(gateway, 'ann', '203.0.113.2'),
    ];
    expect(await served(one, 'call:leave', 8)).toBe(8);
    expect(await served(other, 'call:leave', 8)).toBe(OF_A_USER - 8);
    const ben = await connect(gateway, 'ben', '203.0.113.1');
    expect(await served(ben, 'call:leave', 8)).toBe(8);
  });

  test('of an address: of all users behind it, and of no other address', async () => {
    const address = '203.0.113.3';
    for (const user of ['cem', 'dan', 'eve']) {
      expect(await served(await connect(gateway, user, address), 'call:leave', OF_A_USER)).toBe(OF_A_USER);
    }
    expect(await served(await connect(gateway, 'fay', address), 'call:leave', 1)).toBe(0);
    expect(await served(await connect(gateway, 'fay', '203.0.113.4'), 'call:leave', 1)).toBe(1);
  });

  test('of a socket: whatever it asks for, and not of the user’s next one', async () => {
    const one = await connect(gateway, 'gus', '203.0.113.5');
    // What every user has plenty of, so that it is the socket's own budget.
    const most = await served(one, 'media:restart-ice', OF_A_SOCKET + 5);
    expect(most).toBeGreaterThanOrEqual(OF_A_SOCKET - 3);
    expect(most).toBeLessThan(OF_A_SOCKET + 5);
    const other = await connect(gateway, 'gus', '203.0.113.5');
    expect(await served(other, 'media:restart-ice', 5)).toBe(5);
    expect(one.socket.connected).toBe(true);
  });
});

test('what somebody who is no proxy says of their address counts for nothing', async () => {
  const gateway = await startScriptedGateway({
    MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
    TRUSTED_PROXIES: '10.0.0.0/8',
    MAX_SOCKETS_PER_ADDRESS: '2',
    MAX_TOKENS_PER_MINUTE: '2',
  });
  try {
    for (const user of ['one', 'two']) await connect(gateway, user, `203.0.113.${String(user.length)}`);
    expect(await refusalOf(connect(gateway, 'three', '10.0.0.1'))).toBe('quota-exceeded');
    const statuses = [];
    for (const forged of ['198.51.100.1', '198.51.100.2, 10.0.0.1', '::1']) {
      const answer = await fetch(`${gateway.url}/api/tokens`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-forwarded-for': forged,
          forwarded: `for=${forged}`,
        },
        body: '{"name":"x"}',
      });
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([201, 201, 429]);
  } finally {
    await gateway.close();
  }
});

test('with Redis killed in between everybody is still counted, and nobody waits', async () => {
  const redis = await RedisServer.start();
  const gateway = await startScriptedGateway({
    MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
    REDIS_URL: redis.url,
    MAX_REST_REQUESTS_PER_SECOND: String(OF_A_USER / 10),
  });
  const ask = async (sub: string) => {
    const before = performance.now();
    const answer = await fetch(`${gateway.url}/api/calls/none`, {
      headers: { authorization: `Bearer ${tokenOf(sub)}` },
    });
    expect(performance.now() - before).toBeLessThan(2_000);
    return answer.status;
  };
  const several = async (sub: string, count: number) => {
    const statuses = [];
    for (let sent = 0; sent < count; sent += 1) statuses.push(await ask(sub));
    return statuses;
  };
  const allowed = Array.from({ length: OF_A_USER }, () => 404);
  try {
    expect(await several('ann', OF_A_USER + 1)).toEqual([...allowed, 429]);
    await several('ben', 5);
    await redis.kill();
    // What was counted is gone with it; counting goes on here.
    expect(await several('ben', OF_A_USER + 1)).toEqual([...allowed, 429]);
    // Somebody who was over it stays so.
    expect(await ask('ann')).toBe(429);
    expect((await connect(gateway, 'cem', '')).socket.connected).toBe(true);
    await redis.again('lost');
    const limit = performance.now() + 10_000;
    while ((await fetch(`${gateway.url}/ready`)).status !== 200 && performance.now() < limit);
    expect(await several('dan', OF_A_USER + 1)).toEqual([...allowed, 429]);
    expect(await redis.command('KEYS', '*limit:rest:user:dan')).toHaveLength(1);
  } finally {
    await gateway.close();
    await redis.stop();
  }
});
