/** How the media servers are, and what is asked of them, for Prometheus. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { ExchangeObserver } from '../media-client/exchange.ts';
import type { NodeState } from '../nodes/health.ts';
import type { PlacementRule } from '../nodes/place.ts';

const STATES: readonly NodeState['state'][] = ['unknown', 'healthy', 'suspect', 'dead'];

export class MediaServerMetrics {
  /** Of requests to media servers. */
  readonly requests: ExchangeObserver;
  readonly #placements: Counter<'rule'>;
  #states: () => readonly NodeState['state'][] = () => [];

  constructor(registry: Registry) {
    const registers = [registry];
    const states = () => this.#states();
    new Gauge({
      name: 'crossfade_media_servers',
      help: 'Media servers by state, as this gateway sees them.',
      labelNames: ['state'],
      registers,
      collect() {
        const now = states();
        for (const state of STATES) this.set({ state }, now.filter((one) => one === state).length);
      },
    });
    this.#placements = new Counter({
      name: 'crossfade_media_placements_total',
      help: 'Rooms that were placed, by the rule that chose the media server; none: no server took it.',
      labelNames: ['rule'],
      registers,
    });
    const requests = new Counter({
      name: 'crossfade_media_requests_total',
      help: 'Requests to media servers, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    const retries = new Counter({
      name: 'crossfade_media_request_retries_total',
      help: 'Further attempts at requests to media servers.',
      registers,
    });
    const openings = new Counter({
      name: 'crossfade_media_circuit_openings_total',
      help: 'How often requests to a media server were stopped because it did not answer.',
      registers,
    });
    this.requests = {
      ended: (outcome) => requests.inc({ outcome }),
      retried: () => retries.inc(),
      circuitOpened: () => openings.inc(),
    };
  }

  /** @param states of all media servers */
  watch(states: () => readonly NodeState['state'][]): void {
    this.#states = states;
  }

  placed(rule: PlacementRule | 'none'): void {
    this.#placements.inc({ rule });
  }
}
