/** How many of each kind of entity were created and closed since the start. */
import { Counter, type Registry } from 'prom-client';

export type EntityKind =
  'room' | 'transport' | 'producer' | 'consumer' | 'data-producer' | 'data-consumer' | 'pipe';

const KINDS: readonly EntityKind[] = [
  'room',
  'transport',
  'producer',
  'consumer',
  'data-producer',
  'data-consumer',
  'pipe',
];

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
  // From the start: a series that begins with its first event looks as if there had been none before.
  for (const kind of KINDS) {
    created.inc({ kind }, 0);
    closed.inc({ kind }, 0);
  }
  return {
    created: (kind) => created.inc({ kind }),
    closed: (kind) => closed.inc({ kind }),
  };
}
