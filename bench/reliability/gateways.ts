/** Gateways that are killed, hang and are replaced, while media goes on. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from './case.ts';
import type { Participant } from './participant.ts';
import { System, type GatewayUnit } from './system.ts';

/** Until control is back, or it will not come, milliseconds. */
const BACK_LIMIT_MS = 20_000;
/** How long media is watched after everything is over, milliseconds. */
const AFTER_MS = 1_000;
/** Beyond its lease of 4 s, milliseconds. */
const HANG_MS = 6_000;

/** Resolves when each of them has been resumed so many times. */
async function resumed(people: readonly Participant[], times = 1): Promise<void> {
  const since = performance.now();
  while (people.some(({ resumedAt }) => resumedAt.length < times)) {
    if (performance.now() - since > BACK_LIMIT_MS) throw new Error('somebody is not resumed');
    await pause(10);
  }
}

/** Kills one of them, or lets it stop in order; its people go to those that are left. */
async function end(system: System, gateway: GatewayUnit, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  system.urls = system.urls.filter((url) => url !== gateway.url);
  system.gateways.splice(system.gateways.indexOf(gateway), 1);
  gateway.signal(signal);
  if (signal === 'SIGKILL') await gateway.stop();
}

const oneOf = (system: System): GatewayUnit => {
  const [gateway] = system.gateways;
  if (!gateway) throw new Error('no gateway');
  return gateway;
};

const killed: Case = {
  id: 'R7',
  what: 'kill -9 of one of two gateways with a call of 4',
  runs: 20,
  figures: {
    gap: { what: 'longest media gap', unit: 'ms', worst: 100 },
    control: { what: 'control back for each of its people', unit: 'ms', p95: 3_000 },
    rejoined: { what: 'people who had to join anew', unit: 'count', worst: 0 },
  },
  measure: async (runs, add) => {
    const system = await System.start({ gateways: 2, records: true });
    try {
      for (let run = 0; run < runs; run += 1) {
        const people = await system.call(`killed-${String(run)}`, 4);
        const gateway = oneOf(system);
        const its = people.filter((_, i) => i % 2 === 0);
        system.meter.mark();
        const since = performance.now();
        await end(system, gateway, 'SIGKILL');
        await resumed(its);
        for (const { resumedAt } of its) add('control', (resumedAt[0] ?? Infinity) - since);
        await pause(AFTER_MS);
        add('gap', system.meter.longestGap());
        add('rejoined', people.filter(({ rejoined }) => rejoined > 0).length);
        await system.leave(people);
        await system.addGateway();
      }
    } finally {
      await system.close();
    }
  },
};

const rolling: Case = {
  id: 'R8',
  what: 'rolling restart of both gateways under 4 calls of 3',
  runs: 5,
  figures: {
    dropped: { what: 'people whose session ended', unit: 'count', worst: 0 },
    refused: { what: 'requests refused without a cause', unit: 'count', worst: 0 },
    gap: { what: 'longest media gap', unit: 'ms', worst: 100 },
    control: { what: 'without control, for each', unit: 'ms' },
  },
  measure: async (runs, add) => {
    const system = await System.start({ gateways: 2, records: true });
    try {
      for (let run = 0; run < runs; run += 1) {
        const calls: Participant[][] = [];
        for (let n = 0; n < 4; n += 1)
          calls.push(await system.call(`rolling-${String(run)}-${String(n)}`, 3));
        const people = calls.flat();
        system.expect(...calls);
        const asking = new AbortController();
        const refused = askOn(people, asking.signal);
        system.meter.mark();
        for (const gateway of [...system.gateways]) {
          const lost = people.map(
            ({ client: { socket } }) =>
              new Promise<number | undefined>((resolve) => {
                if ((socket.io as unknown as { uri: string }).uri !== gateway.url) resolve(undefined);
                else socket.once('disconnect', () => resolve(performance.now()));
              }),
          );
          const before = people.map(({ resumedAt }) => resumedAt.length);
          await end(system, gateway, 'SIGTERM');
          await Promise.all([gateway.ended, ...lost]);
          await gateway.stop();
          const at = await Promise.all(lost);
          for (const [i, person] of people.entries()) {
            const lostAt = at[i];
            if (lostAt === undefined) continue;
            await resumed([person], (before[i] ?? 0) + 1);
            add('control', (person.resumedAt.at(-1) ?? Infinity) - lostAt);
          }
          await system.addGateway();
        }
        asking.abort();
        await pause(AFTER_MS);
        add('gap', system.meter.longestGap());
        add('refused', await refused);
        add('dropped', people.filter(({ rejoined }) => rejoined > 0).length);
        await system.leave(people);
      }
    } finally {
      await system.close();
    }
  },
};

/** Everyone asks for something ten times a second; how much of it was refused although there was a connection. */
async function askOn(people: readonly Participant[], over: AbortSignal): Promise<number> {
  let refused = 0;
  const asking = people.map(async (person) => {
    while (!over.aborted) {
      const { client, callId } = person;
      const media = { audio: true, video: false, screen: false };
      if (client.socket.connected) {
        const answer = await client.ask('call:update', { callId, media }).catch(() => undefined);
        // What a connection took with it that ended is asked again by the SDK, and so is what can be tried again.
        if (answer?.ok === false && !answer.error.retryable && client === person.client) refused += 1;
      }
      await pause(100);
    }
  });
  await Promise.all(asking);
  return refused;
}

const hanging: Case = {
  id: 'R11',
  what: 'SIGSTOP of a gateway beyond its lease with a request waiting, while the call moves; then SIGCONT',
  runs: 10,
  figures: {
    accepted: { what: 'stale requests that were carried out', unit: 'count', worst: 0 },
    changed: { what: 'people whose call is not as it was decided meanwhile', unit: 'count', worst: 0 },
    back: { what: 'its person back after SIGCONT', unit: 'ms' },
  },
  measure: async (runs, add) => {
    const system = await System.start({ gateways: 2, mediaServers: 2, records: true });
    try {
      for (let run = 0; run < runs; run += 1) {
        const callId = `hanging-${String(run)}`;
        const people = await system.call(callId, 3);
        const [ann, ben, cem] = people;
        const gateway = system.gateways[1];
        if (!ann || !ben || !cem || !gateway) throw new Error('nobody came');
        const { client } = ben;
        gateway.signal('SIGSTOP');
        const before = ben.epoch;
        const stale = client
          .ask('media:create-transport', { callId, epoch: before, direction: 'recv' })
          .then(({ ok }) => ok)
          .catch(() => false);
        const from = await system.mediaServerOf(callId);
        await from.ask('POST', '/node/drain', { deadlineS: 20 });
        const since = performance.now();
        while (ann.epoch === before && performance.now() - since < BACK_LIMIT_MS) await pause(20);
        const decided = ann.epoch;
        await pause(Math.max(0, HANG_MS - (performance.now() - since)));
        const resumedAt = performance.now();
        gateway.signal('SIGCONT');
        add('accepted', (await stale) ? 1 : 0);
        await resumed([ben]);
        add('back', (ben.resumedAt[0] ?? Infinity) - resumedAt);
        await system.meter.flowing(BACK_LIMIT_MS);
        add(
          'changed',
          decided === before + 1 ? people.filter(({ epoch }) => epoch !== decided).length : people.length,
        );
        await system.leave(people);
        await from.ask('DELETE', '/node/drain');
      }
    } finally {
      await system.close();
    }
  },
};

export const gatewayCases: readonly Case[] = [killed, rolling, hanging];
