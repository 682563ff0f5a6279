/** A hundred people who have to come back at once, and what is left when nobody does. */
import { setTimeout as pause } from 'node:timers/promises';
import { openFiles } from '../../test/integration/media-server/open-files.ts';
import type { Case } from './case.ts';
import type { Participant } from './participant.ts';
import { System, type MediaServerUnit } from './system.ts';

const CALLS = 25;
const SIZE = 4;
const LIMIT_MS = 60_000;
/** A voice in a call of the crowd says less: it is the coming back that is measured. Milliseconds between two packets. */
const PACKET_MS = 200;
const STEADY_MS = 5_000;
/** Seconds of the lease that a gateway takes, how often it renews it, and what the media server adds. */
const LEASE = { s: 30, everyS: 10, graceS: 10 };

const crowdReturns: Case = {
  id: 'R22',
  what: `kill -9 of the gateway of ${String(CALLS * SIZE)} people, then of the media server of their ${String(CALLS)} calls`,
  runs: 1,
  figures: {
    control: { what: 'control back, for each of 100', unit: 'ms', worst: 15_000 },
    flowing: { what: 'all of them hear each other again', unit: 'ms', worst: 15_000 },
    rejoined: { what: 'people who had to join anew', unit: 'count', worst: 0 },
    loop: { what: 'event loops that they came to (gateway, media server), p99', unit: 'ms', worst: 100 },
    over: { what: 'media servers over admission', unit: 'count', worst: 0 },
  },
  measure: async (_, add) => {
    const system = await System.start({
      redis: true,
      mediaServers: 2,
      records: true,
      packetMs: PACKET_MS,
      settings: { SWITCH_TIMEOUT_MS: '15000' },
    });
    const [first, second] = system.mediaServers;
    const [gateway] = system.gateways;
    try {
      if (!first || !second || !gateway) throw new Error('nothing started');
      // All of it on one of each, the other one idle.
      await second.ask('POST', '/node/drain', { deadlineS: 600 });
      await pause(STEADY_MS);
      const calls: Participant[][] = [];
      for (let n = 0; n < CALLS; n += 1) calls.push(await system.call(`crowd-${String(n)}`, SIZE));
      const people = calls.flat();
      system.expect(...calls);
      await second.ask('DELETE', '/node/drain');
      const other = await system.addGateway();
      await pause(STEADY_MS);
      await lag(other);

      const since = performance.now();
      system.urls = [other.url];
      system.gateways.shift();
      gateway.signal('SIGKILL');
      while (people.some(({ resumedAt }) => resumedAt.length === 0)) {
        if (performance.now() - since > LIMIT_MS) throw new Error('not everyone is back');
        await pause(20);
      }
      for (const { resumedAt } of people) add('control', (resumedAt[0] ?? Infinity) - since);
      add('loop', await lag(other));

      await lag(second);
      system.meter.mark();
      await first.kill();
      add('flowing', await system.meter.recovered(LIMIT_MS));
      add('loop', await lag(other));
      add('loop', await lag(second));
      add('rejoined', people.filter(({ rejoined }) => rejoined > 0).length);
      const { score } = await second.node();
      add('over', score > 1 ? 1 : 0);
    } finally {
      await system.close();
    }
  },
};

/** The event loop's delay since it was last asked for, 99th percentile, milliseconds. */
async function lag({ metricsPort }: { metricsPort: number }): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${String(metricsPort)}/metrics`)).text();
  return 1_000 * Number(/^nodejs_eventloop_lag_p99_seconds(?:\{.*\})? (\S+)$/m.exec(text)?.[1]);
}

const diesForGood: Case = {
  id: 'R18',
  what: 'kill -9 of the only gateway of 3 calls of 3, for good',
  runs: 2,
  figures: {
    // Last renewed somewhere within the ten seconds before.
    off: {
      what: `rooms reaped, off ${String(LEASE.s + LEASE.graceS - LEASE.everyS / 2)} s`,
      unit: 'ms',
      worst: 5_000 + LEASE.everyS * 500,
    },
    entities: { what: 'rooms and participants left', unit: 'count', worst: 0 },
    files: { what: 'descriptors of the worker more than before', unit: 'count', worst: 0 },
  },
  measure: async (runs, add) => {
    const system = await System.start({
      records: true,
      mediaServerSettings: { LEASE_GRACE_S: String(LEASE.graceS) },
    });
    const [unit] = system.mediaServers;
    try {
      for (let run = 0; run < runs && unit; run += 1) {
        const pid = (await unit.node()).workers.up[0]?.pid ?? 0;
        // What is opened once and stays is there after the first call.
        await system.leave(await system.call(`first-${String(run)}`, 3));
        await empty(unit);
        const files = openFiles(pid);
        const people: Participant[] = [];
        for (let n = 0; n < 3; n += 1)
          people.push(...(await system.call(`dies-${String(run)}-${String(n)}`, 3)));
        const since = performance.now();
        const [gateway] = system.gateways.splice(0);
        system.urls = [];
        gateway?.signal('SIGKILL');
        await gateway?.stop();
        for (const person of people) person.close();
        await empty(unit);
        const { s, everyS, graceS } = LEASE;
        add('off', Math.abs(performance.now() - since - 1_000 * (s + graceS - everyS / 2)));
        const { rooms, participants } = await unit.node();
        add('entities', rooms + participants);
        add('files', Math.max(0, openFiles(pid) - files));
        await system.addGateway();
      }
    } finally {
      await system.close();
    }
  },
};

async function empty(unit: MediaServerUnit): Promise<void> {
  const since = performance.now();
  while ((await unit.node()).rooms > 0 && performance.now() - since < LIMIT_MS) await pause(50);
}

export const crowdCases: readonly Case[] = [crowdReturns, diesForGood];
