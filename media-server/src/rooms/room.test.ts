/** The close cascade and the events, whatever happens in whatever order; with a mediasoup that only keeps books. */
import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { ProduceRequest } from '../producers/options.ts';
import type { FeedEvent } from '@crossfade/shared/media-events';
import fc from 'fast-check';
import { extras } from 'mediasoup';
import type { Router } from 'mediasoup/types';
import type { MediaWorker } from '../workers/worker.ts';
import { Room } from './room.ts';

let nextId = 0;

class FakeMedia extends extras.EnhancedEventEmitter {
  readonly id = `m${(nextId += 1)}`;
  readonly kind = 'audio';
  readonly producerId: string;
  paused: boolean;
  readonly sctpStreamParameters = { streamId: 1 };
  closed = false;

  readonly rtpParameters = { codecs: [] };
  readonly consumableRtpParameters = { codecs: [] };

  constructor({ paused = false, producerId = '' }: { paused?: boolean; producerId?: string } = {}) {
    super();
    this.paused = paused;
    this.producerId = producerId;
  }

  close() {
    this.closed = true;
  }
}

class FakeTransport extends FakeMedia {
  readonly children: FakeMedia[] = [];
  iceState = 'new';
  dtlsState = 'new';
  readonly sctpParameters = {};

  async produce({ paused }: { paused: boolean }) {
    return Promise.resolve(this.add(new FakeMedia({ paused })));
  }

  async consume(options: { producerId: string; paused: boolean }) {
    return Promise.resolve(this.add(new FakeMedia(options)));
  }

  async produceData() {
    return Promise.resolve(this.add(new FakeMedia()));
  }

  async consumeData() {
    return Promise.resolve(this.add(new FakeMedia()));
  }

  private add(child: FakeMedia) {
    this.children.push(child);
    return child;
  }
}

class FakeRouter extends FakeMedia {
  readonly observer = new extras.EnhancedEventEmitter();
  readonly transports: FakeTransport[] = [];

  createWebRtcTransport() {
    const transport = new FakeTransport();
    this.transports.push(transport);
    return Promise.resolve(transport);
  }

  /** Everything that was made on the worker and not closed again. */
  get left(): FakeMedia[] {
    return this.transports
      .flatMap((transport) => [transport, ...transport.children])
      .filter(({ closed }) => !closed);
  }
}

function setUp() {
  const router = new FakeRouter();
  const worker = { webRtcServer: {} } as MediaWorker;
  const open = new Map<string, number>();
  const count = (kind: string, by: number) => open.set(kind, (open.get(kind) ?? 0) + by);
  const room = new Room(router as unknown as Router, {
    id: 'r',
    epoch: 0,
    profile: 'conference',
    maxParticipants: 10,
    maxAudibleSpeakers: undefined,
    media: {
      bitrates: { maxIncoming: 0, initialOutgoing: 1_000_000, minOutgoing: 0 },
      unwatchedPauseMs: 0,
      unwantedLayersMs: 0,
    },
    bootId: 'b',
    afterSeq: 0,
    worker,
    placement: {
      workerForNewcomer: () => worker,
      openRouter: () => Promise.reject(new Error('there is one worker only')),
    },
    counts: { created: (kind) => count(kind, 1), closed: (kind) => count(kind, -1) },
    log: silentLog,
  });
  // As `Rooms` does, which finds the other worker.
  const refuge = new FakeRouter();
  room.on('worker-died', () => {
    room.leaveWorkers();
    room.arriveAt({ worker, router: refuge as unknown as Router }, 'worker-died');
  });
  const occupancy: string[] = [];
  room.on('occupied', () => occupancy.push('occupied')).on('emptied', () => occupancy.push('emptied'));
  const events: FeedEvent[] = [];
  room.on('event', () => {
    throw new Error('a listener that fails');
  });
  room.on('event', (event) => events.push(event));
  return { worker, router, refuge, room, open, events, occupancy };
}

const produceRequest: ProduceRequest = {
  kind: 'audio',
  source: 'microphone',
  paused: false,
  rtpParameters: { codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000 }] },
};

/** One thing that happens; numbers choose among what is there. */
const step = fc.record({
  what: fc.constantFrom(
    'send',
    'recv',
    'produce',
    'produce',
    'consume',
    'consume',
    'produce-data',
    'consume-data',
    'close-transport',
    'close-producer',
    'close-consumer',
    'close-data-producer',
    'leave',
    'dtls-failed',
  ),
  who: fc.constantFrom('ann', 'ben', 'cem'),
  which: fc.nat(100),
});

async function perform(
  { room, router }: ReturnType<typeof setUp>,
  { what, who, which }: { what: string; who: string; which: number },
) {
  const { participants, producers, dataProducers } = room.snapshot;
  const choose = <T>(all: readonly T[]) => all[which % all.length];
  const transports = participants.flatMap((one) => one.transports);
  const transport = choose(transports);
  const receiving = choose(transports.filter(({ direction }) => direction === 'recv'));
  const producer = choose(producers);
  const dataProducer = choose(dataProducers);
  const consumer = choose(participants.flatMap((one) => one.consumers));
  if (what === 'send' || what === 'recv') {
    await room.createTransport({ participantId: who, direction: what, forceTcp: false, sctp: true });
  } else if (what === 'leave') room.leave(who);
  else if (what === 'consume' && receiving && producer) {
    await room.consume(room.transport(receiving.transportId), producer.producerId, {});
  } else if (what === 'close-producer' && producer) room.producer(producer.producerId).close();
  else if (what === 'close-consumer' && consumer) room.consumer(consumer.consumerId).close();
  else if (what === 'consume-data' && receiving && dataProducer) {
    await room.consumeData(room.transport(receiving.transportId), dataProducer.dataProducerId);
  } else if (what === 'close-data-producer' && dataProducer) {
    room.dataProducer(dataProducer.dataProducerId).close();
  } else if (!transport) return;
  else if (what === 'produce') await room.transport(transport.transportId).produce(produceRequest);
  else if (what === 'produce-data') {
    const sctpStreamParameters = { streamId: which };
    await room
      .transport(transport.transportId)
      .produceData({ sctpStreamParameters, label: '', protocol: '' });
  } else if (what === 'close-transport') room.transport(transport.transportId).close();
  else if (what === 'dtls-failed') {
    router.transports.find(({ id }) => id === transport.transportId)?.emit('dtlsstatechange', 'failed');
  }
}

/** The producers, of media and data, a reader knows that has seen these events. */
function producersAfter(events: readonly FeedEvent[]): string[] {
  const known = new Set<string>();
  for (const event of events) {
    if (event.type === 'new-producer') known.add(event.producerId);
    if (event.type === 'producer-closed') known.delete(event.producerId);
    if (event.type === 'data-producer-opened') known.add(event.dataProducerId);
    if (event.type === 'data-producer-closed') known.delete(event.dataProducerId);
  }
  return [...known];
}

/** What a participant has, by a look at everything that is shown of the room. */
function scanFor(participantId: string, { snapshot }: Room) {
  const isOwn = (one: { participantId: string }) => one.participantId === participantId;
  const own = snapshot.participants.find(isOwn);
  return {
    transports: own?.transports.length ?? 0,
    producers: snapshot.producers.filter(isOwn).length,
    consumers: own?.consumers.length ?? 0,
    dataProducers: snapshot.dataProducers.filter(isOwn).length,
  };
}

describe('a room', () => {
  it.each([
    ['leave', 'participant-not-found'],
    ['close', 'room-not-found'],
    ['workerclose', 'no-capacity'],
  ])('keeps no transport that was still being made at a %s', async (end, code) => {
    const { room, router, events } = setUp();
    const request = { participantId: 'ann', direction: 'send', forceTcp: false, sctp: true } as const;
    const making = room.createTransport(request);
    if (end === 'leave') room.leave('ann');
    else if (end === 'close') room.close('deleted');
    else router.emit('workerclose');
    await expect(making).rejects.toMatchObject({ code });
    expect(router.left).toEqual([]);
    expect(room.participantCount).toBe(0);
    const told = { leave: 'participant-left', close: 'room-closed', workerclose: 'room-moved' }[end];
    expect(events.map(({ type }) => type)).toEqual([told]);
    // Who comes back is welcome.
    if (end !== 'close') await room.createTransport(request);
  });
});

describe('a room, whatever happens in it', () => {
  it('keeps events, snapshot, counts and worker in step, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.constantFrom('deleted' as const, 'moved' as const),
        async (steps, end) => {
          const world = setUp();
          const { room, router, refuge, open, events, occupancy } = world;
          for (const participantId of ['ann', 'ben']) {
            for (const direction of ['send', 'recv'] as const) {
              await room.createTransport({ participantId, direction, forceTcp: false, sctp: true });
            }
          }
          for (const one of steps) {
            // Some of it is not possible: then it is refused, and changes nothing.
            await perform(world, one).catch(() => undefined);
            const { transports, producers, consumers, dataProducers, dataConsumers } = room.size;
            const sizes = [transports, producers, consumers, dataProducers, dataConsumers];
            const kinds = ['transport', 'producer', 'consumer', 'data-producer', 'data-consumer'];
            expect(sizes).toEqual(kinds.map((kind) => open.get(kind) ?? 0));
            const { snapshot } = room;
            expect(producersAfter(events).sort()).toEqual(
              [
                ...snapshot.producers.map(({ producerId }) => producerId),
                ...snapshot.dataProducers.map(({ dataProducerId }) => dataProducerId),
              ].sort(),
            );
            expect(router.left).toHaveLength(sizes.reduce((sum, size) => sum + size, 0));
            const shown = room.snapshot.participants;
            expect(shown.flatMap((one) => one.transports)).toHaveLength(transports);
            expect(shown.flatMap((one) => one.consumers)).toHaveLength(consumers);
            for (const { producerId } of shown.flatMap((one) => one.consumers)) room.producer(producerId);
            for (const who of ['ann', 'ben', 'cem'])
              expect(room.owned(who)).toMatchObject(scanFor(who, room));
          }
          expect(room.participantCount).toBe(room.snapshot.participants.length);
          const occupied = room.participantCount > 0;
          expect(occupancy.at(-1)).toBe(occupied ? 'occupied' : 'emptied');
          if (end === 'moved') {
            router.emit('workerclose');
            expect(events.at(-1)).toMatchObject({ type: 'room-moved', fromEpoch: 0, epoch: 1 });
            expect(producersAfter(events)).toEqual([]);
            expect(room.snapshot).toMatchObject({ epoch: 1, participants: [], producers: [] });
            expect(occupancy.at(-1)).toBe('emptied');
            expect(() => room.checkEpoch(0)).toThrow(expect.objectContaining({ code: 'stale-epoch' }));
            expect(open.get('room')).toBe(1);
            const { id } = await room.createTransport({
              participantId: 'ann',
              direction: 'send',
              forceTcp: false,
              sctp: true,
            });
            await room.transport(id).produce(produceRequest);
          }
          room.close('deleted');
          room.close('shutting-down');
          room.arriveAt({ worker: world.worker, router: refuge as unknown as Router }, 'worker-died');
          expect([...router.left, ...refuge.left]).toEqual([]);
          expect(occupancy.filter((one, index) => one === occupancy[index - 1])).toEqual([]);
          expect([...open.values()].every((count) => count === 0)).toBe(true);
          expect(producersAfter(events)).toEqual([]);
          expect(events.at(-1)).toMatchObject({ type: 'room-closed', reason: 'deleted' });
          expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        },
      ),
      { numRuns: 60 },
    );
  });
});
