/** Everything the gateway answers over HTTP, in the order it is tried. */
import { readFileSync } from 'node:fs';
import { documentRoutes } from '@crossfade/service/document-routes';
import { finishHttp, route } from '@crossfade/service/http';
import type { Log } from '@crossfade/service/log';
import type { Readiness } from '@crossfade/shared/media-api';
import type { Express } from 'express';
import type { GatewayConfig } from '../config.ts';
import { userKeyOf } from '../deployment.ts';
import { createAsyncApi } from '../docs/asyncapi.ts';
import { createOpenApi } from '../docs/openapi.ts';
import { callRoutes, type CallRoutesOptions } from './calls.ts';
import { mediaServerRoutes, type MediaServerRoutesOptions } from './media-servers.ts';
import { allowOrigins } from './origins.ts';
import { developmentTokens } from './tokens.ts';
import { webApp } from './web-app.ts';

export interface ApiOptions extends CallRoutesOptions, MediaServerRoutesOptions {
  config: GatewayConfig;
  /** What makes it ready, or not, at this moment. */
  checks: () => { serving: boolean; mediaServer: boolean; callStore?: boolean };
  log: Log;
}

export function mountApi(http: Express, options: ApiOptions): void {
  const { config, checks, callers, log } = options;
  http.get(
    '/health',
    route('/health', (_request, response) => response.json({ alive: true })),
  );
  http.get(
    '/ready',
    route('/ready', (_request, response) => {
      const now = checks();
      // Small calls work without a media server: it is told, but does not make the gateway unready.
      const ready = now.serving && now.callStore !== false;
      response.status(ready ? 200 : 503).json({ ready, checks: now } satisfies Readiness);
    }),
  );
  const version = packageVersion();
  http.use(
    documentRoutes({
      title: 'Crossfade gateway',
      createOpenApi: () => createOpenApi({ version }),
      createAsyncApi: () => createAsyncApi({ version }),
    }),
  );
  http.use('/api', allowOrigins(config.ALLOWED_ORIGINS));
  if (config.NODE_ENV !== 'production') {
    log.warn(
      'POST /api/tokens gives anyone a token for any call, moderators too: NODE_ENV=production ends that',
    );
    http.post('/api/tokens', callers.limited('tokens'), developmentTokens(userKeyOf(config)));
  }
  http.use('/api/media-servers', callers.limited('rest'), mediaServerRoutes(options));
  http.use('/api/calls', callers.limited('rest'), callRoutes(options));
  if (config.WEB_ROOT !== 'none') http.use(webApp(config.WEB_ROOT));
  finishHttp(http, { log });
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
