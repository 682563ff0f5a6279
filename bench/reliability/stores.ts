/** Redis and PostgreSQL that go away, with and without what they had. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { BenchClient } from '../gateway-parts.ts';
import type { Case } from './case.ts';
import { System } from './system.ts';

const MEDIA = { audio: true, video: true, screen: false };
/** Until it is well again, or will not be, milliseconds. */
const LIMIT_MS = 30_000;
/** How long Redis is away, milliseconds. */
const REDIS_AWAY_MS = 10_000;
const JOIN_EVERY_MS = 500;
/** Until a media server that was draining gets calls again, milliseconds. */
const STEADY_MS = 3_000;
/** How long PostgreSQL is away, milliseconds, and the calls that end meanwhile. */
const RECORDS_AWAY_MS = 60_000;
const CALLS = 20;

async function allReady(system: System): Promise<boolean> {
  const answers = await Promise.all(system.urls.map((url) => fetch(`${url}/ready`).catch(() => undefined)));
  return answers.every((answer) => answer?.status === 200);
}

/** @returns after how many milliseconds it held */
async function until(holds: () => Promise<boolean> | boolean, limitMs = LIMIT_MS): Promise<number> {
  const since = performance.now();
  while (!(await holds())) {
    if (performance.now() - since > limitMs) throw new Error('it did not come about');
    await pause(20);
  }
  return performance.now() - since;
}

const redisKilled: Case = {
  id: 'R12',
  what: 'kill -9 of Redis under a call of 4 at two gateways, back after 10 s, half of the times without its data',
  runs: 8,
  figures: {
    gap: { what: 'longest media gap', unit: 'ms', worst: 100 },
    refused: { what: 'joins meanwhile, until they are refused', unit: 'ms', worst: 300 },
    other: { what: 'joins that were not refused as call-store-unavailable', unit: 'count', worst: 0 },
    healthy: { what: 'ready, and joins taken, after it is back', unit: 'ms', worst: 3_000 },
    rejoined: { what: 'people who had to join anew', unit: 'count', worst: 0 },
  },
  measure: async (runs, add) => {
    const system = await System.start({ gateways: 2, records: true });
    try {
      for (let run = 0; run < runs; run += 1) {
        const people = await system.call(`redis-${String(run)}`, 4);
        const newcomers = await Promise.all(
          system.urls.map((url, i) => BenchClient.connect(url, `newcomer-${String(run)}-${String(i)}`)),
        );
        const join = async (client: BenchClient, callId: string) => {
          const answer = await client.ask('call:join', { callId, media: MEDIA });
          return answer.ok ? 'ok' : answer.error.code;
        };
        system.meter.mark();
        await system.redis.kill();
        const away = performance.now();
        let other = 0;
        while (performance.now() - away < REDIS_AWAY_MS) {
          for (const client of newcomers) {
            const since = performance.now();
            if ((await join(client, `new-${String(run)}`)) !== 'call-store-unavailable') other += 1;
            add('refused', performance.now() - since);
          }
          await pause(JOIN_EVERY_MS);
        }
        add('other', other);
        await system.redis.again(run % 2 === 0 ? 'kept' : 'lost');
        add(
          'healthy',
          await until(async () => {
            const joined = await Promise.all(
              newcomers.map((client, i) => join(client, `back-${String(run)}-${String(i)}`)),
            );
            return joined.every((code) => code === 'ok') && (await allReady(system));
          }),
        );
        add('gap', system.meter.longestGap());
        add('rejoined', people.filter(({ rejoined }) => rejoined > 0).length);
        for (const client of newcomers) client.close();
        await system.leave(people);
      }
    } finally {
      await system.close();
    }
  },
};

const lastWriteLost: Case = {
  id: 'R13',
  what: 'Redis is killed just after a call moved from room to room, and comes back without anything it had',
  runs: 10,
  figures: {
    down: { what: 'epochs that went down, or were given twice', unit: 'count', worst: 0 },
    ready: { what: 'ready after it is back', unit: 'ms', worst: 3_000 },
  },
  measure: async (runs, add) => {
    const system = await System.start({ gateways: 2, mediaServers: 2, records: true });
    try {
      for (let run = 0; run < runs; run += 1) {
        const callId = `fence-${String(run)}`;
        const people = await system.call(callId, 4);
        const seen = [Math.max(...people.map(({ epoch }) => epoch))];
        const move = async () => {
          const from = await system.mediaServerOf(callId);
          await from.ask('POST', '/node/drain', { deadlineS: 60 });
          const before = seen.at(-1) ?? 0;
          await until(() => people.every(({ epoch }) => epoch !== before));
          return from;
        };
        const first = await move();
        seen.push(Math.max(...people.map(({ epoch }) => epoch)));
        await system.redis.kill();
        await first.ask('DELETE', '/node/drain');
        await system.redis.again('lost');
        add('ready', await until(() => allReady(system)));
        seen.push(...people.map(({ epoch }) => epoch));
        // The next one is decided on what the gateways gave back; until then the other server has to be healthy.
        await pause(STEADY_MS);
        const second = await move();
        const last = people.map(({ epoch }) => epoch);
        const kept = seen.slice(2).every((epoch) => epoch === seen[1]);
        add('down', (kept ? 0 : 1) + last.filter((epoch) => epoch <= (seen[1] ?? 0)).length);
        await system.leave(people);
        await second.ask('DELETE', '/node/drain');
        await system.renewGateways();
      }
    } finally {
      await system.close();
    }
  },
};

const recordsAway: Case = {
  id: 'R16',
  what: `PostgreSQL killed for 60 s while ${String(CALLS)} calls end`,
  runs: 1,
  figures: {
    errors: { what: 'requests in calls that were refused', unit: 'count', worst: 0 },
    written: { what: 'all records there after its return', unit: 'ms', worst: 30_000 },
    wrong: { what: 'records that are missing or there twice', unit: 'count', worst: 0 },
  },
  measure: async (_, add) => {
    const system = await System.start({ records: true });
    const clients = await Promise.all(
      ['ann', 'ben'].map((name) => BenchClient.connect(system.urls[0] ?? '', name)),
    );
    try {
      let errors = 0;
      const everyone = async (name: 'call:join' | 'call:leave', callId: string) => {
        for (const client of clients) {
          const answer =
            name === 'call:join'
              ? await client.ask(name, { callId, media: MEDIA })
              : await client.ask(name, { callId });
          if (!answer.ok) errors += 1;
        }
      };
      const calls = Array.from({ length: CALLS }, (__, i) => `ended-${String(i)}`);
      // Half of them are there before.
      const early = calls.slice(0, CALLS / 2);
      for (const callId of early) await everyone('call:join', callId);
      await system.records.kill();
      const away = performance.now();
      for (const [i, callId] of calls.entries()) {
        if (!early.includes(callId)) await everyone('call:join', callId);
        await everyone('call:leave', callId);
        await pause(Math.max(0, away + (RECORDS_AWAY_MS * (i + 1)) / CALLS - performance.now()));
      }
      add('errors', errors);
      await system.records.restart();
      const client = new pg.Client({ connectionString: system.records.url });
      await client.connect();
      const count = async (query: string) =>
        Number((await client.query<{ count: string }>(`select count(*) from ${query}`)).rows[0]?.count);
      add(
        'written',
        await until(
          async () =>
            (await count('calls where ended_at is not null')) >= CALLS &&
            (await count('participants where left_at is not null')) >= 2 * CALLS,
          60_000,
        ),
      );
      add(
        'wrong',
        Math.abs((await count('calls')) - CALLS) + Math.abs((await count('participants')) - 2 * CALLS),
      );
      await client.end();
    } finally {
      for (const client of clients) client.close();
      await system.close();
    }
  },
};

export const storeCases: readonly Case[] = [redisKilled, lastWriteLost, recordsAway];
