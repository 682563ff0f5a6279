/** This server as a whole: how full it is, and whether it takes a new room. */
import { CodedError } from '@crossfade/shared/errors';
import type { NodeInfo } from '@crossfade/shared/media-api';
import type { NodeLoad } from '@crossfade/shared/media-events';
import type { Rooms } from '../rooms/rooms.ts';
import type { WorkerPool } from '../workers/pool.ts';
import type { MediaWorker } from '../workers/worker.ts';
import type { Drain } from './drain.ts';
import { hasRoom, scoreOf } from './load.ts';
import { residentBytes } from './process-memory.ts';

export interface MediaNodeOptions {
  bootId: string;
  version: string;
  region: string | undefined;
  /** Consumers that make one worker full. */
  consumersPerWorker: number;
  pool: WorkerPool;
  rooms: Rooms;
  drain: Drain;
}

export class MediaNode {
  readonly #options: MediaNodeOptions;

  constructor(options: MediaNodeOptions) {
    this.#options = options;
  }

  get score(): number {
    const { pool, consumersPerWorker } = this.#options;
    const used = this.#used;
    const workers = pool.workers.map((worker) => ({ cpu: worker.cpu, ...usedOf(used, worker) }));
    return scoreOf(workers, { expected: pool.size, consumersPerWorker });
  }

  get draining(): boolean {
    return this.#options.drain.state.state !== 'none';
  }

  get workers(): NodeLoad['workers'] {
    const used = this.#used;
    return this.#options.pool.workers.map((worker) => ({
      index: worker.index,
      pid: worker.pid,
      cpu: worker.cpu,
      memoryBytes: residentBytes(worker.pid),
      ...usedOf(used, worker),
    }));
  }

  /** `node-load` */
  get load(): NodeLoad {
    const { bootId } = this.#options;
    const { state } = this.#options.drain;
    const closesInMs =
      state.state === 'draining' ? Math.max(0, Math.round(state.deadline - Date.now())) : null;
    return { bootId, workers: this.workers, score: this.score, draining: this.draining, closesInMs };
  }

  /** `GET /api/node` */
  get info(): NodeInfo {
    const { bootId, version, region, pool, rooms, drain } = this.#options;
    const { score } = this;
    const { state } = drain;
    return {
      bootId,
      version,
      region: region ?? null,
      uptimeS: Math.round(process.uptime()),
      score,
      accepting: !this.draining && hasRoom(score),
      drain:
        state.state === 'none'
          ? { state: 'none', reason: null, deadline: null }
          : { ...state, deadline: new Date(state.deadline).toISOString() },
      rooms: rooms.count,
      participants: [...rooms.all].reduce((sum, room) => sum + room.participantCount, 0),
      workers: { expected: pool.size, up: this.workers },
    };
  }

  /** Asked before a new room is made. @throws CodedError `draining`, `no-capacity` */
  admit(): void {
    const { state } = this.#options.drain;
    if (state.state !== 'none') {
      throw new CodedError('draining', undefined, { retryAfterS: (state.deadline - Date.now()) / 1_000 });
    }
    if (!hasRoom(this.score)) throw new CodedError('no-capacity', 'This server is full; another may not be.');
  }

  /** A room may be in several workers, with a part of its consumers in each. */
  get #used(): Map<MediaWorker, Used> {
    const used = new Map<MediaWorker, Used>();
    for (const room of this.#options.rooms.all) {
      for (const { worker, consumers } of room.shares) {
        const before = usedOf(used, worker);
        used.set(worker, { rooms: before.rooms + 1, consumers: before.consumers + consumers });
      }
    }
    return used;
  }
}

/** What rooms have in one worker. */
interface Used {
  readonly rooms: number;
  readonly consumers: number;
}

function usedOf(used: ReadonlyMap<MediaWorker, Used>, worker: MediaWorker): Used {
  return used.get(worker) ?? { rooms: 0, consumers: 0 };
}
