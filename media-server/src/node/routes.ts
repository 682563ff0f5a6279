/** REST: this server itself. Liveness depends on nothing; readiness on the workers. */
import { bodyOf, route } from '@crossfade/service/http';
import { drainRequestSchema, type Readiness } from '@crossfade/shared/media-api';
import { Router } from 'express';
import type { WorkerPool } from '../workers/pool.ts';
import type { Drain } from './drain.ts';
import type { MediaNode } from './node.ts';

export interface NodeDeps {
  node: MediaNode;
  drain: Drain;
  pool: WorkerPool;
  /** Whether the process is shutting down. */
  stopping: () => boolean;
}

/** `/health` and `/ready`, for anyone who can reach the port. */
export function healthRoutes({ node, pool, stopping }: NodeDeps): Router {
  const router = Router();
  router.get(
    '/health',
    route('/health', (_request, response) => response.json({ status: 'ok' })),
  );
  router.get(
    '/ready',
    route('/ready', (_request, response) => {
      // Not `accepting` of /api/node: a full server serves the rooms it has.
      const checks = { workers: pool.workers.length > 0, serving: !stopping() && !node.draining };
      const answer: Readiness = { ready: Object.values(checks).every(Boolean), checks };
      response.status(answer.ready ? 200 : 503).json(answer);
    }),
  );
  return router;
}

/** `GET /api/node`, and starting and cancelling a drain: all three answer with what the server now is. */
export function nodeRoutes({ node, drain, pool }: NodeDeps): Router {
  const router = Router();
  router.get(
    '/node',
    route('/node', (_request, response) => response.json(node.info)),
  );
  const draining = '/node/drain';
  router.post(
    draining,
    route(draining, (request, response) => {
      const { deadlineS } = bodyOf(drainRequestSchema, request);
      drain.start('asked', deadlineS === undefined ? undefined : deadlineS * 1_000);
      response.json(node.info);
    }),
  );
  router.delete(
    draining,
    route(draining, (_request, response) => {
      drain.cancel();
      // Who says that the server is fit again says so of its workers, too.
      pool.revive();
      response.json(node.info);
    }),
  );
  return router;
}
