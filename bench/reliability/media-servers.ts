/** Workers and media servers that die, hang and stop in order under a call. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from './case.ts';
import type { Participant } from './participant.ts';
import { System, type MediaServerUnit } from './system.ts';

/** Milliseconds after which a call is not taken to come back. */
const LIMIT_MS = 40_000;
const AFTER_MS = 500;

const workersOf = async (unit: MediaServerUnit) => (await unit.node()).workers.up;

/** The worker that a call's room is on: the one that has most to do. */
async function busiest(unit: MediaServerUnit): Promise<number> {
  const workers = await workersOf(unit);
  const [first] = [...workers].sort((a, b) => b.consumers - a.consumers);
  if (!first) throw new Error('no worker');
  return first.pid;
}

/** Who has lost their session, and rows that are not there, or there twice. */
async function wrongRows(system: System, people: readonly Participant[], moves: number): Promise<number> {
  const [first] = people;
  if (!first) return 0;
  const { calls, participants, recoveries } = await system.recorded(first.callId, people.length);
  return (
    Math.abs(calls - 1) +
    Math.abs(participants - people.length) +
    Math.abs(recoveries - moves) +
    people.filter(({ rejoined }) => rejoined > 0).length
  );
}

const workerKilled: Case = {
  id: 'R1',
  what: 'kill -9 of a media worker in a call of 8',
  runs: 20,
  figures: {
    flowing: { what: 'flowing again', unit: 'ms', p95: 2_000, worst: 4_000 },
    rows: {
      what: 'records that are wrong (1 call, 8 people, 1 recovery), people who joined anew',
      unit: 'count',
      worst: 0,
    },
  },
  measure: async (runs, add) => {
    const system = await System.start({ workers: 2, records: true });
    const [unit] = system.mediaServers;
    try {
      for (let run = 0; run < runs && unit; run += 1) {
        const people = await system.call(`worker-${String(run)}`, 8);
        const pid = await busiest(unit);
        system.meter.mark();
        process.kill(pid, 'SIGKILL');
        add('flowing', await system.meter.recovered(LIMIT_MS));
        await pause(AFTER_MS);
        add('rows', await wrongRows(system, people, 1));
        await system.leave(people);
        await renew(system, unit, run);
      }
    } finally {
      await system.close();
    }
  },
};

/** A media server whose workers die too often takes itself out of service: here they die on purpose. */
async function renew(system: System, unit: MediaServerUnit, run: number): Promise<void> {
  if (run % 2 === 0) return;
  await unit.kill();
  await unit.again();
  await system.renewGateways();
}

const beside: Case = {
  id: 'R2',
  what: 'the same, beside a call of 4 on another worker',
  runs: 20,
  figures: {
    gap: { what: 'longest gap in the other call', unit: 'ms', worst: 100 },
    flowing: { what: 'flowing again', unit: 'ms' },
  },
  measure: async (runs, add) => {
    const system = await System.start({ workers: 2, records: true });
    const [unit] = system.mediaServers;
    try {
      for (let run = 0; run < runs && unit; run += 1) {
        const people = await system.call(`hit-${String(run)}`, 6);
        const pid = await busiest(unit);
        const others = await system.call(`beside-${String(run)}`, 4);
        const alone = (await workersOf(unit)).every(({ rooms }) => rooms === 1);
        if (!alone) throw new Error('both calls are on one worker');
        system.meter.mark();
        process.kill(pid, 'SIGKILL');
        system.expect(people);
        add('flowing', await system.meter.recovered(LIMIT_MS));
        await pause(AFTER_MS);
        system.expect(others);
        add('gap', system.meter.longestGap());
        await system.leave([...people, ...others]);
        await renew(system, unit, run);
      }
    } finally {
      await system.close();
    }
  },
};

const workerHangs: Case = {
  id: 'R3',
  what: 'SIGSTOP of a media worker in a call of 8',
  runs: 8,
  figures: {
    killed: { what: 'it is killed', unit: 'ms', worst: 8_000 },
    flowing: { what: 'flowing again', unit: 'ms', worst: 10_000 },
    asked: { what: 'longest REST request meanwhile', unit: 'ms', worst: 5_000 },
  },
  measure: async (runs, add) => {
    const system = await System.start({ workers: 2, records: true });
    const [unit] = system.mediaServers;
    try {
      for (let run = 0; run < runs && unit; run += 1) {
        const people = await system.call(`hangs-${String(run)}`, 8);
        const pid = await busiest(unit);
        const over = new AbortController();
        system.meter.mark();
        const since = performance.now();
        process.kill(pid, 'SIGSTOP');
        const asked = longestRequest(unit, people[0]?.callId ?? '', over.signal);
        const gone = (async () => {
          while ((await workersOf(unit)).some((worker) => worker.pid === pid)) await pause(50);
          return performance.now() - since;
        })();
        add('flowing', await system.meter.recovered(LIMIT_MS));
        add('killed', await gone);
        over.abort();
        add('asked', await asked);
        await system.leave(people);
        await renew(system, unit, run);
      }
    } finally {
      await system.close();
    }
  },
};

/** Asks for what the worker has to answer, again and again. */
async function longestRequest(unit: MediaServerUnit, callId: string, over: AbortSignal): Promise<number> {
  let longest = 0;
  while (!over.aborted) {
    const since = performance.now();
    await (await unit.ask('GET', `/rooms/${callId}/stats`)).text();
    longest = Math.max(longest, performance.now() - since);
    await pause(100);
  }
  return longest;
}

const serverKilled: Case = {
  id: 'R4',
  what: 'kill -9 of the media server of a call of 8, a spare one up',
  runs: 20,
  figures: {
    flowing: { what: 'flowing again', unit: 'ms', p95: 6_000 },
    rows: { what: 'records that are wrong, people who joined anew', unit: 'count', worst: 0 },
  },
  measure: async (runs, add) => {
    const system = await System.start({ mediaServers: 2, records: true });
    try {
      for (let run = 0; run < runs; run += 1) {
        const callId = `node-${String(run)}`;
        const people = await system.call(callId, 8);
        const unit = await system.mediaServerOf(callId);
        system.meter.mark();
        await unit.kill();
        add('flowing', await system.meter.recovered(LIMIT_MS));
        await pause(AFTER_MS);
        add('rows', await wrongRows(system, people, 1));
        await system.leave(people);
        await unit.again();
        await system.renewGateways();
      }
    } finally {
      await system.close();
    }
  },
};

const onlyServerKilled: Case = {
  id: 'R5',
  what: 'kill -9 of the only media server of a call of 8, started again after 5 s',
  runs: 10,
  figures: { flowing: { what: 'flowing again after it is ready', unit: 'ms', worst: 8_000 } },
  measure: async (runs, add) => {
    const system = await System.start({ records: true });
    const [unit] = system.mediaServers;
    try {
      for (let run = 0; run < runs && unit; run += 1) {
        const people = await system.call(`only-${String(run)}`, 8);
        system.meter.mark();
        const since = performance.now();
        await unit.kill();
        await pause(5_000);
        await unit.again();
        const ready = performance.now() - since;
        add('flowing', (await system.meter.recovered(LIMIT_MS)) - ready);
        await system.leave(people);
        await system.renewGateways();
      }
    } finally {
      await system.close();
    }
  },
};

const serverStops: Case = {
  id: 'R9',
  what: 'SIGTERM to the media server of a call of 8, a spare one up, deadline 10 s',
  runs: 12,
  figures: {
    refused: { what: 'new rooms are refused', unit: 'ms', worst: 1_000 },
    workers: { what: 'workers that died at once', unit: 'count', worst: 0 },
    gap: { what: 'longest media gap', unit: 'ms', p95: 2_000 },
    moved: { what: 'everyone is on the other one', unit: 'ms', worst: 10_000 },
    ended: { what: 'it has ended', unit: 'ms' },
    status: { what: 'exit statuses that are not 0', unit: 'count', worst: 0 },
  },
  measure: async (runs, add) => {
    const system = await System.start({
      mediaServers: 2,
      records: true,
      mediaServerSettings: { DRAIN_DEADLINE_S: '10' },
    });
    try {
      for (let run = 0; run < runs; run += 1) {
        const callId = `drain-${String(run)}`;
        const people = await system.call(callId, 8);
        const unit = await system.mediaServerOf(callId);
        const pids = (await workersOf(unit)).map(({ pid }) => pid);
        const { ended } = unit.process;
        system.meter.mark();
        const since = performance.now();
        unit.process.signal('SIGTERM');
        // A room that were made meanwhile would be one more to wait for.
        while ((await unit.ask('POST', '/rooms/new/create', {})).ok) await unit.ask('DELETE', '/rooms/new');
        add('refused', performance.now() - since);
        add('workers', pids.filter((pid) => !isAlive(pid)).length);
        while (people.some(({ epoch }) => epoch < 2) && performance.now() - since < LIMIT_MS) await pause(20);
        add('moved', performance.now() - since);
        const status = await ended;
        add('ended', performance.now() - since);
        add('status', status === 0 ? 0 : 1);
        await pause(AFTER_MS);
        add('gap', system.meter.longestGap());
        await system.leave(people);
        await unit.again();
        await system.renewGateways();
      }
    } finally {
      await system.close();
    }
  },
};

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export const mediaServerCases: readonly Case[] = [
  workerKilled,
  beside,
  workerHangs,
  serverKilled,
  onlyServerKilled,
  serverStops,
];
