/** What the calls are doing, for Prometheus. */
import type { ErrorCode } from '@crossfade/shared/errors';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RecordEntry } from '../calls/events.ts';
import type { CallState, Member } from '../calls/state.ts';

export class CallMetrics {
  readonly #calls: Gauge<'phase'>;
  readonly #participants: Gauge;
  readonly #joins: Counter;
  readonly #transitions: Counter<'to' | 'reason' | 'outcome'>;
  readonly #duration: Histogram<'to'>;
  readonly #gap: Histogram;
  readonly #refused: Counter<'code'>;
  readonly #gatewayId: string;

  constructor(registry: Registry, gatewayId: string) {
    this.#gatewayId = gatewayId;
    const registers = [registry];
    this.#calls = new Gauge({
      name: 'crossfade_calls',
      help: 'Live calls with people at this gateway, by phase.',
      labelNames: ['phase'],
      registers,
    });
    this.#participants = new Gauge({
      name: 'crossfade_participants',
      help: 'Participants in live calls, connected to this gateway.',
      registers,
    });
    this.#joins = new Counter({
      name: 'crossfade_joins_total',
      help: 'Participants that joined.',
      registers,
    });
    this.#transitions = new Counter({
      name: 'crossfade_transitions_total',
      help: 'Mode switches that ended, by direction, reason and outcome.',
      labelNames: ['to', 'reason', 'outcome'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'crossfade_transition_duration_seconds',
      help: 'Time from the trigger of a mode switch to its commit.',
      labelNames: ['to'],
      buckets: [0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5],
      registers,
    });
    this.#gap = new Histogram({
      name: 'crossfade_switch_gap_seconds',
      help: 'Longest time without a decoded frame around a mode switch, as measured by clients.',
      buckets: [0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.25, 0.5, 1, 2],
      registers,
    });
    this.#refused = new Counter({
      name: 'crossfade_requests_refused_total',
      help: 'Signalling requests that were refused, by error code.',
      labelNames: ['code'],
      registers,
    });
  }

  /** A call that concerns this gateway changed. */
  observe(before: CallState | null, after: CallState | null): void {
    if (before) this.#calls.dec({ phase: before.media.phase });
    if (after) this.#calls.inc({ phase: after.media.phase });
    this.#participants.inc(this.#here(after) - this.#here(before));
  }

  #here(state: CallState | null): number {
    const isHere = ({ link }: Member) => link.kind === 'connected' && link.gatewayId === this.#gatewayId;
    return state?.members.filter(isHere).length ?? 0;
  }

  refused(code: ErrorCode): void {
    this.#refused.inc({ code });
  }

  recorded(entry: RecordEntry): void {
    switch (entry.type) {
      case 'participant-joined':
        this.#joins.inc();
        break;
      case 'transition-ended': {
        const { to, reason, outcome, durationMs } = entry;
        this.#transitions.inc({ to, reason, outcome });
        if (outcome === 'committed') this.#duration.observe({ to }, durationMs / 1000);
        break;
      }
      case 'transition-gap':
        this.#gap.observe(entry.gapMs / 1000);
        break;
      case 'call-started':
      case 'transition-started':
      case 'participant-left':
      case 'transition-room':
      case 'call-ended':
      case 'session-connected':
      case 'session-disconnected':
      case 'transport-created':
      case 'producer-created':
      case 'chat-sent':
        break;
    }
  }
}
