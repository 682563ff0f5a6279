/** The REST API: everything under `/api` needs a service token, `/health` and `/ready` do not. */
import { createHttp, finishHttp, type HttpOptions } from '@crossfade/service/http';
import type { TokenKey } from '@crossfade/service/tokens';
import type { Express } from 'express';
import { requireServiceToken } from '../auth/service-auth.ts';
import { consumerRoutes } from '../consumers/routes.ts';
import { dataRoutes } from '../data/routes.ts';
import { healthRoutes, nodeRoutes, type NodeDeps } from '../node/routes.ts';
import { producerRoutes } from '../producers/routes.ts';
import { roomRoutes } from '../rooms/routes.ts';
import { statsRoutes } from '../stats/routes.ts';
import { transportRoutes } from '../transports/routes.ts';

/** Largest body, bytes: RTP capabilities of a browser are about 10 KB. */
const BODY_LIMIT_BYTES = 256 * 1024;

export interface ApiOptions extends Pick<HttpOptions, 'log' | 'registry'>, NodeDeps {
  key: TokenKey;
}

export function createApi(options: ApiOptions): Express {
  const { log, registry, key, rooms, bootId } = options;
  const app = createHttp({ log, registry, bodyLimitBytes: BODY_LIMIT_BYTES });
  app.use(healthRoutes(options));
  app.use(
    '/api',
    requireServiceToken(key),
    nodeRoutes(options),
    roomRoutes(rooms, bootId),
    transportRoutes(rooms),
    producerRoutes(rooms),
    consumerRoutes(rooms),
    dataRoutes(rooms),
    statsRoutes(rooms),
  );
  finishHttp(app, { log });
  return app;
}
