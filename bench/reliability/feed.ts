/** What is between gateways and media servers, and breaks: the feed, answers that are lost. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ProducerInfo, RoomSnapshot } from '@crossfade/shared/media-api';
import { startLink, startLosingLink } from '../../test/integration/gateway/faulty-link.ts';
import { opus } from '../media-parameters.ts';
import type { Case } from './case.ts';
import { System, type MediaServerUnit } from './system.ts';

const CUT_MS = 30_000;
const EVENTS_PER_SECOND = 100;
const EQUAL_WITHIN_MS = 20_000;
const RETRIED = 500;

/** What of a producer has to be the same everywhere. */
const essence = (producers: readonly ProducerInfo[]) =>
  producers
    .map(({ producerId, participantId, paused }) => `${participantId} ${producerId} ${String(paused)}`)
    .sort()
    .join('\n');

const feedCut: Case = {
  id: 'R17',
  what: 'the feed is cut for 30 s at 100 events/s; then kill -9 of the media server, back after 1 s',
  runs: 2,
  figures: {
    equal: {
      what: 'the gateway’s state is the media server’s again after the cut',
      unit: 'ms',
      worst: 2_000,
    },
    events: { what: 'events while it was cut', unit: 'count' },
    ghosts: { what: 'producers it tells of that are not there, after the restart', unit: 'count', worst: 0 },
    gap: { what: 'longest media gap while it was cut', unit: 'ms', worst: 100 },
  },
  measure: async (runs, add) => {
    const system = await System.start({ records: true, link: startLink });
    const [server] = system.mediaServers;
    const [link] = system.links;
    try {
      for (let run = 0; run < runs && server && link; run += 1) {
        const callId = `feed-${String(run)}`;
        const people = await system.call(callId, 5);
        const [ann] = people;
        if (!ann) throw new Error('nobody came');
        const media = { audio: true, video: false, screen: false };
        const told = async (): Promise<ProducerInfo[]> =>
          (await ann.client.must('call:join', { callId, media })).sfu?.producers ?? [];
        const there = async (): Promise<ProducerInfo[]> =>
          ((await (await server.ask('GET', `/rooms/${callId}`)).json()) as RoomSnapshot).producers;
        system.meter.mark();
        link.cut((head) => head.startsWith('GET /socket.io'));
        add('events', await change(server, callId, ann.me.participantId));
        add('gap', system.meter.longestGap());
        link.heal();
        const healed = performance.now();
        while (essence(await told()) !== essence(await there())) {
          if (performance.now() - healed > EQUAL_WITHIN_MS) break;
          await pause(50);
        }
        add('equal', performance.now() - healed);
        system.meter.mark();
        await server.kill();
        await pause(1_000);
        await server.again();
        await system.meter.recovered(2 * EQUAL_WITHIN_MS);
        await pause(2_000);
        const real = new Set((await there()).map(({ producerId }) => producerId));
        add('ghosts', (await told()).filter(({ producerId }) => !real.has(producerId)).length);
        await system.leave(people);
        await system.renewGateways();
      }
    } finally {
      await system.close();
    }
  },
};

/** Tracks that come, are paused and resumed, and go, asked for by another service. @returns how many events that made */
async function change(unit: MediaServerUnit, callId: string, participantId: string): Promise<number> {
  const room = `/rooms/${callId}`;
  const transport = (await (
    await unit.ask('POST', `${room}/transports`, { participantId, direction: 'send' })
  ).json()) as { id: string };
  const since = performance.now();
  const producers: { id: string; paused: boolean }[] = [];
  let events = 0;
  for (let i = 0; performance.now() - since < CUT_MS; i += 1) {
    const first = producers[0];
    const oldest = producers.length > 8 ? producers.shift() : undefined;
    if (oldest) await unit.ask('DELETE', `${room}/producers/${oldest.id}`);
    else if (!first || i % 10 === 0) {
      const body = { kind: 'audio', source: 'injected', rtpParameters: opus(50_000 + i) };
      const made = await unit.ask('POST', `${room}/transports/${transport.id}/produce`, body);
      if (made.ok) producers.push({ id: ((await made.json()) as { id: string }).id, paused: false });
    } else {
      const one = producers[i % producers.length] ?? first;
      await unit.ask('POST', `${room}/producers/${one.id}/${one.paused ? 'resume' : 'pause'}`, {});
      one.paused = !one.paused;
    }
    events += 1;
    const due = since + (events * 1_000) / EVENTS_PER_SECOND;
    await pause(Math.max(0, due - performance.now()));
  }
  return events;
}

const answersLost: Case = {
  id: 'R21',
  what: `the answer to each of ${String(RETRIED)} POSTs is lost after it was carried out; each is made again`,
  runs: 1,
  figures: {
    differ: { what: 'second answers that are not the first', unit: 'count', worst: 0 },
    twice: { what: 'transports too many or too few', unit: 'count', worst: 0 },
    taken: {
      what: 'changed requests under the same key that were not refused with 422',
      unit: 'count',
      worst: 0,
    },
  },
  measure: async (_, add) => {
    const system = await System.start({ gateways: 0 });
    const [unit] = system.mediaServers;
    if (!unit) throw new Error('no media server');
    const link = await startLosingLink(unit.url);
    system.atEnd(() => link.close());
    try {
      await unit.ask('POST', '/rooms/lost/create', {});
      let differ = 0;
      let taken = 0;
      for (let i = 0; i < RETRIED; i += 1) {
        const key = { 'idempotency-key': `lost-${String(i)}` };
        const body = { participantId: `person-${String(i)}`, direction: 'send' };
        const post = (change: object = {}) =>
          unit.ask('POST', '/rooms/lost/transports', { ...body, ...change }, key, link.url);
        await post().catch(() => undefined);
        const again = await (await post()).text();
        if (again !== link.lost.get(`lost-${String(i)}`)) differ += 1;
        if ((await post({ direction: 'recv' })).status !== 422) taken += 1;
      }
      const snapshot = (await (await unit.ask('GET', '/rooms/lost')).json()) as RoomSnapshot;
      const made = snapshot.participants.flatMap(({ transports }) => transports).length;
      add('differ', differ);
      add('taken', taken);
      add('twice', Math.abs(made - RETRIED));
    } finally {
      await system.close();
    }
  },
};

export const feedCases: readonly Case[] = [feedCut, answersLost];
