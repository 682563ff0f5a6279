/** The routes that are served are those of the documents. */
import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { ServiceTokens } from '@crossfade/service/service-tokens';
import { MEDIA_ROUTES } from '@crossfade/shared/media-routes';
import type { Express } from 'express';
import { Registry } from 'prom-client';
import type { Drain } from '../node/drain.ts';
import type { MediaNode } from '../node/node.ts';
import type { Quotas } from '../quotas/quotas.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { WorkerPool } from '../workers/pool.ts';
import { createApi } from './api.ts';
import { Connections } from './connections.ts';

/** What of Express's router is not in its types. */
interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[] };
  /** What it is mounted at. */
  rawPath: string;
}

/** `GET /path` of every route, those of mounted routers with what they are mounted at. */
function routesOf(layers: readonly Layer[], mountedAt = ''): string[] {
  return layers.flatMap(({ route, handle, rawPath }) =>
    route
      ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${mountedAt}${route.path}`)
      : routesOf(handle.stack ?? [], rawPath === '/' ? mountedAt : `${mountedAt}${rawPath}`),
  );
}

test('serves the routes of the table, and no others', () => {
  const app: Express = createApi({
    log: silentLog,
    registry: new Registry(),
    tokens: new ServiceTokens({ secret: 's'.repeat(32), issuer: 'crossfade' }),
    quotas: {} as Quotas,
    bodyLimitBytes: 1_000,
    bootId: 'boot',
    version: '0.0.0',
    node: {} as MediaNode,
    drain: {} as Drain,
    pool: {} as WorkerPool,
    rooms: {} as Rooms,
    connections: new Connections(Infinity),
    stopping: () => false,
  });
  const served = routesOf((app.router as unknown as { stack: Layer[] }).stack);
  const documented = MEDIA_ROUTES.filter(({ onMetricsPort }) => !onMetricsPort).map(
    ({ method, path }) => `${method.toUpperCase()} ${path}`,
  );

  expect(served.toSorted()).toEqual(documented.toSorted());
  expect(served.length).toBeGreaterThan(20);
});
