/** What happens on the floor of calls of push-to-talk, for Prometheus. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { FloorNews } from '../floor/reduce.ts';

export class FloorMetrics {
  readonly #grants: Counter;
  readonly #denials: Counter<'reason'>;
  readonly #revocations: Counter<'reason'>;
  readonly #wait: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#grants = new Counter({
      name: 'crossfade_floor_grants_total',
      help: 'Times that somebody was given the floor.',
      registers,
    });
    this.#denials = new Counter({
      name: 'crossfade_floor_denials_total',
      help: 'Requests for the floor that neither got it nor wait, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#revocations = new Counter({
      name: 'crossfade_floor_revocations_total',
      help: 'Times that the floor was taken from somebody, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#wait = new Histogram({
      name: 'crossfade_floor_wait_seconds',
      help: 'Time from a request for the floor to its grant, waiting in the queue included.',
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    });
  }

  happened(news: FloorNews): void {
    switch (news.type) {
      case 'granted':
        this.#grants.inc();
        this.#wait.observe(news.waitedMs / 1_000);
        break;
      case 'denied':
        this.#denials.inc({ reason: news.reason });
        break;
      case 'revoked':
        this.#revocations.inc({ reason: news.reason });
        break;
      case 'idle':
        break;
    }
  }
}
