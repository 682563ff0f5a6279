/** Records on their way to the database, for Prometheus. */
import { Counter, Gauge, type Registry } from 'prom-client';

export class OutboxMetrics {
  readonly #lost: Counter<'why'>;

  /** @param waiting how many wait at the moment */
  constructor(registry: Registry, waiting: () => number) {
    const registers = [registry];
    new Gauge({
      name: 'crossfade_records_waiting',
      help: 'Records that have not been written to the database yet.',
      registers,
      collect() {
        this.set(waiting());
      },
    });
    this.#lost = new Counter({
      name: 'crossfade_records_lost_total',
      help: 'Records that will never be written: full, too many waited; refused, the database does not take them.',
      labelNames: ['why'],
      registers,
    });
    for (const why of ['full', 'refused']) this.#lost.inc({ why }, 0);
  }

  lost(why: 'full' | 'refused'): void {
    this.#lost.inc({ why });
  }
}
