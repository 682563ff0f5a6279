/** REST: this server itself. Liveness depends on nothing; readiness on the workers. */
import { route } from '@crossfade/service/http';
import type { Readiness } from '@crossfade/shared/media-api';
import { Router } from 'express';
import type { Rooms } from '../rooms/rooms.ts';
import type { WorkerPool } from '../workers/pool.ts';

export interface NodeDeps {
  bootId: string;
  version: string;
  region: string | undefined;
  pool: WorkerPool;
  rooms: Rooms;
  /** False once it is shutting down. */
  accepting: () => boolean;
}

/** `/health` and `/ready`, for anyone who can reach the port. */
export function healthRoutes({ pool, accepting }: NodeDeps): Router {
  const router = Router();
  router.get(
    '/health',
    route('/health', (_request, response) => response.json({ status: 'ok' })),
  );
  router.get(
    '/ready',
    route('/ready', (_request, response) => {
      const checks = { workers: pool.workers.length > 0, accepting: accepting() };
      const answer: Readiness = { ready: Object.values(checks).every(Boolean), checks };
      response.status(answer.ready ? 200 : 503).json(answer);
    }),
  );
  return router;
}

/** `GET /api/node` */
export function nodeRoutes({ bootId, version, region, pool, rooms }: NodeDeps): Router {
  const router = Router();
  router.get(
    '/node',
    route('/node', (_request, response) =>
      response.json({
        bootId,
        version,
        region: region ?? null,
        uptimeS: Math.round(process.uptime()),
        workers: {
          expected: pool.size,
          up: pool.workers.map((worker) => ({
            index: worker.index,
            pid: worker.pid,
            cpu: worker.cpu,
            rooms: rooms.roomsOf(worker).length,
          })),
        },
      }),
    ),
  );
  return router;
}
