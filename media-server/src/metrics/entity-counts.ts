/** How many rooms, transports, producers and consumers, of media and data, were created and closed since the start. */
import { Counter, type Registry } from 'prom-client';

export type EntityKind = 'room' | 'transport' | 'producer' | 'consumer' | 'data-producer' | 'data-consumer';

export interface EntityCounts {
  created(kind: EntityKind): void;
  closed(kind: EntityKind): void;
}

export function createEntityCounts(registry: Registry): EntityCounts {
  const created = new Counter({
    name: 'crossfade_media_created_total',
    help: 'Entities created.',
    labelNames: ['kind'],
    registers: [registry],
  });
  const closed = new Counter({
    name: 'crossfade_media_closed_total',
    help: 'Entities closed.',
    labelNames: ['kind'],
    registers: [registry],
  });
  return {
    created: (kind) => created.inc({ kind }),
    closed: (kind) => closed.inc({ kind }),
  };
}
