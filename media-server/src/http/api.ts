/** The REST API: everything under `/api` but the documents needs a service token, `/health` and `/ready` do not. */
import { documentRoutes } from '@crossfade/service/document-routes';
import { createHttp, finishHttp, type HttpOptions } from '@crossfade/service/http';
import type { ServiceTokens } from '@crossfade/service/service-tokens';
import type { Express } from 'express';
import { requireServiceToken } from '../auth/service-auth.ts';
import { consumerRoutes } from '../consumers/routes.ts';
import { dataRoutes } from '../data/routes.ts';
import { createAsyncApi } from '../docs/asyncapi.ts';
import { createOpenApi } from '../docs/openapi.ts';
import { healthRoutes, nodeRoutes, type NodeDeps } from '../node/routes.ts';
import { producerRoutes } from '../producers/routes.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { Rooms } from '../rooms/rooms.ts';
import { roomRoutes } from '../rooms/routes.ts';
import { statsRoutes } from '../stats/routes.ts';
import { transportRoutes } from '../transports/routes.ts';
import type { Connections } from './connections.ts';
import { idempotent } from './idempotency.ts';

export interface ApiOptions extends Pick<HttpOptions, 'log' | 'registry' | 'bodyLimitBytes'>, NodeDeps {
  /** Of the server. */
  version: string;
  bootId: string;
  rooms: Rooms;
  tokens: ServiceTokens;
  quotas: Quotas;
  connections: Connections;
}

export function createApi(options: ApiOptions): Express {
  const { log, registry, bodyLimitBytes, tokens, quotas, rooms, connections, bootId } = options;
  const app = createHttp({ log, registry, bodyLimitBytes });
  const { version } = options;
  const documents = documentRoutes({
    title: 'Crossfade media server',
    createOpenApi: () => createOpenApi({ version }),
    createAsyncApi: () => createAsyncApi({ version }),
  });
  app.use(healthRoutes(options), documents);
  app.use(
    '/api',
    connections.refuse,
    requireServiceToken(tokens),
    idempotent(),
    nodeRoutes(options),
    roomRoutes({ rooms, bootId, quotas }),
    transportRoutes({ rooms, quotas }),
    producerRoutes(rooms),
    consumerRoutes({ rooms, quotas }),
    dataRoutes({ rooms, quotas }),
    statsRoutes(rooms),
  );
  finishHttp(app, { log });
  return app;
}
