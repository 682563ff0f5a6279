/** What Prometheus is told of the server itself: workers, load, drains. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Drain } from '../node/drain.ts';
import type { MediaNode } from '../node/node.ts';
import type { WorkerPool } from '../workers/pool.ts';

export interface NodeMetricsOptions {
  node: MediaNode;
  drain: Drain;
  pool: WorkerPool;
}

export function observeNode(registry: Registry, { node, drain, pool }: NodeMetricsOptions): void {
  const registers = [registry];
  new Gauge({
    name: 'crossfade_media_workers_up',
    help: 'Media workers that run.',
    registers,
    collect() {
      this.set(pool.workers.length);
    },
  });
  new Gauge({
    name: 'crossfade_media_worker_cpu_ratio',
    help: 'Share of one core that a media worker used lately, 0 to 1.',
    labelNames: ['worker'],
    registers,
    collect() {
      // A worker that is gone must not go on to show its last figure.
      this.reset();
      for (const { index, cpu } of node.workers) this.set({ worker: index }, cpu);
    },
  });
  new Gauge({
    name: 'crossfade_media_worker_memory_bytes',
    help: 'Resident memory of a media worker.',
    labelNames: ['worker'],
    registers,
    collect() {
      this.reset();
      for (const { index, memoryBytes } of node.workers) this.set({ worker: index }, memoryBytes);
    },
  });
  const deaths = new Counter({
    name: 'crossfade_media_worker_deaths_total',
    help: 'Media workers that died.',
    registers,
  });
  const restarts = new Counter({
    name: 'crossfade_media_worker_restarts_total',
    help: 'Media workers that were started in place of dead ones.',
    registers,
  });
  pool
    .on('died', () => {
      deaths.inc();
    })
    .on('restarted', () => {
      restarts.inc();
    });
  new Gauge({
    name: 'crossfade_media_node_score',
    help: 'How full the server is: 0 idle, 1 full, above 1 overfull; from 0.8 on it takes no new rooms.',
    registers,
    collect() {
      this.set(node.score);
    },
  });
  new Gauge({
    name: 'crossfade_media_draining',
    help: '1 while the server takes no new rooms because it drains or is drained.',
    registers,
    collect() {
      this.set(node.draining ? 1 : 0);
    },
  });
  const drains = new Counter({
    name: 'crossfade_media_drains_total',
    help: 'Drains that were begun.',
    labelNames: ['reason'],
    registers,
  });
  drain.on('started', (reason) => {
    drains.inc({ reason });
  });
}
