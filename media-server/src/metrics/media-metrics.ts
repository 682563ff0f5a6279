/**
 * What Prometheus is told of rooms and workers. What is open is counted from the maps themselves when it asks: it must
 * equal created − closed of the entity counts, and a difference is a leak.
 */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Rooms } from '../rooms/rooms.ts';
import type { WorkerPool } from '../workers/pool.ts';

export function observeMedia(registry: Registry, { rooms, pool }: { rooms: Rooms; pool: WorkerPool }) {
  new Gauge({
    name: 'crossfade_media_open',
    help: 'Entities open.',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      const open = {
        room: rooms.count,
        transport: 0,
        producer: 0,
        consumer: 0,
        'data-producer': 0,
        'data-consumer': 0,
      };
      for (const { size } of rooms.all) {
        open.transport += size.transports;
        open.producer += size.producers;
        open.consumer += size.consumers;
        open['data-producer'] += size.dataProducers;
        open['data-consumer'] += size.dataConsumers;
      }
      for (const [kind, count] of Object.entries(open)) this.set({ kind }, count);
    },
  });
  new Gauge({
    name: 'crossfade_media_participants',
    help: 'Participants with a transport.',
    registers: [registry],
    collect() {
      this.set([...rooms.all].reduce((sum, room) => sum + room.participantCount, 0));
    },
  });
  new Gauge({
    name: 'crossfade_media_workers_up',
    help: 'Media workers that run.',
    registers: [registry],
    collect() {
      this.set(pool.workers.length);
    },
  });
  const restarts = new Counter({
    name: 'crossfade_media_worker_restarts_total',
    help: 'Media workers that died and were replaced.',
    registers: [registry],
  });
  pool.on('restarted', () => {
    restarts.inc();
  });
  const events = new Counter({
    name: 'crossfade_media_feed_events_total',
    help: 'Events of rooms.',
    labelNames: ['type'],
    registers: [registry],
  });
  rooms.on('event', ({ type }) => {
    events.inc({ type });
  });
}
