/** What several gateways share, for Prometheus. */
import { Counter, Gauge, type Registry } from 'prom-client';

export class ClusterMetrics {
  readonly #conflicts: Counter;
  readonly #errors: Counter;
  readonly #gateways: Gauge;
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registers = registers;
    this.#conflicts = new Counter({
      name: 'crossfade_call_store_conflicts_total',
      help: 'Writes of calls that another gateway anticipated, and that were done again.',
      registers,
    });
    this.#errors = new Counter({
      name: 'crossfade_call_store_errors_total',
      help: 'Commands that Redis failed, or did not answer in time.',
      registers,
    });
    this.#gateways = new Gauge({
      name: 'crossfade_gateways',
      help: 'Gateways that share the live calls, this one among them.',
      registers,
    });
  }

  /** Asked for whenever the metrics are read. */
  readonly watchStore = (isReady: () => boolean): void => {
    new Gauge({
      name: 'crossfade_call_store_ready',
      help: '1 while Redis answers, and has what the gateways know.',
      registers: this.#registers,
      collect() {
        this.set(isReady() ? 1 : 0);
      },
    });
  };

  readonly storeConflict = (): void => this.#conflicts.inc();
  readonly storeError = (): void => this.#errors.inc();
  readonly gateways = (present: number): void => this.#gateways.set(present);
}
