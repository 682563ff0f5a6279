/** What comes in at the edge, and what is kept out, for Prometheus. */
import type { ErrorCode } from '@crossfade/shared/errors';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Budget } from '../limits/budgets.ts';
import type { Scope } from '../limits/rate-limits.ts';

export class EdgeMetrics {
  readonly #registers: Registry[];
  readonly #limited: Counter<'budget' | 'scope'>;
  readonly #closed: Counter<'reason'>;
  readonly #relay: Histogram;
  readonly #resumes: Counter;

  constructor(registry: Registry) {
    this.#registers = [registry];
    const registers = this.#registers;
    this.#limited = new Counter({
      name: 'crossfade_rate_limited_total',
      help: 'Requests refused because there were too many, by what was asked for and by whom they were counted.',
      labelNames: ['budget', 'scope'],
      registers,
    });
    this.#closed = new Counter({
      name: 'crossfade_sockets_closed_total',
      help: 'Signalling connections that were ended from here, by reason.',
      labelNames: ['reason'],
      registers,
    });
    this.#relay = new Histogram({
      name: 'crossfade_event_relay_seconds',
      help: 'Time from an event on a media server until it is handed to the sockets of its clients.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    });
    this.#resumes = new Counter({
      name: 'crossfade_resumes_total',
      help: 'Participants that came back after their connection was lost.',
      registers,
    });
  }

  resumed(): void {
    this.#resumes.inc();
  }

  limited(budget: Budget, scope: Scope): void {
    this.#limited.inc({ budget, scope });
  }

  closed(reason: ErrorCode | 'too-slow'): void {
    this.#closed.inc({ reason });
  }

  /** @param at when the media server noticed, ISO 8601; absent: it was found out later, from a snapshot */
  relayed(at: string | undefined, nowMs: number): void {
    if (at !== undefined) this.#relay.observe(Math.max(0, nowMs - Date.parse(at)) / 1_000);
  }

  watchSockets(count: () => number): void {
    new Gauge({
      name: 'crossfade_sockets',
      help: 'Open signalling connections.',
      registers: this.#registers,
      collect() {
        this.set(count());
      },
    });
  }
}
