/**
 * The media server without a process around it: workers, rooms, REST API and feed. `main` starts and closes it; so do
 * tests, and a test that needs no port may leave out `listen`.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { closeServer, listen } from '@crossfade/service/listen';
import type { Log } from '@crossfade/service/log';
import { serveMetrics } from '@crossfade/service/metrics';
import type { Registry } from 'prom-client';
import type { MediaServerConfig } from './config.ts';
import { Feed } from './feed/feed.ts';
import { createApi } from './http/api.ts';
import { createEntityCounts } from './metrics/entity-counts.ts';
import { observeMedia } from './metrics/media-metrics.ts';
import { Rooms } from './rooms/rooms.ts';
import { WorkerPool } from './workers/pool.ts';

/** Milliseconds requests under way get when the server stops. */
const DRAIN_LIMIT_MS = 500;

export interface MediaServerDeps {
  config: MediaServerConfig;
  log: Log;
  registry: Registry;
}

export interface MediaServer {
  /** REST and feed; not listening until `listen`. */
  readonly server: Server;
  /** Changes with every start. */
  readonly bootId: string;
  /** Opens the ports of the settings, and tells where the API is. @throws SettingError */
  listen(): Promise<string>;
  /** Closes the rooms, tells the feed, ends the workers. Repeated calls wait for the first. */
  close(): Promise<void>;
}

/** @throws SettingError if a worker does not start */
export async function createMediaServer({ config, log, registry }: MediaServerDeps): Promise<MediaServer> {
  const bootId = randomUUID();
  const key = { secret: config.SERVICE_JWT_SECRET, issuer: config.JWT_ISSUER };
  const pool = await WorkerPool.start({
    count: config.MEDIASOUP_WORKERS,
    bin: config.MEDIASOUP_WORKER_BIN,
    listenIp: config.MEDIASOUP_LISTEN_IP,
    announcedAddress: config.MEDIASOUP_ANNOUNCED_ADDRESS,
    basePort: config.RTC_BASE_PORT,
    log,
  });
  const rooms = new Rooms({
    pool,
    bootId,
    counts: createEntityCounts(registry),
    media: {
      bitrates: {
        maxIncoming: config.MAX_INCOMING_BITRATE,
        initialOutgoing: config.INITIAL_OUTGOING_BITRATE,
        minOutgoing: config.MIN_OUTGOING_BITRATE,
      },
      unwatchedPauseMs: config.UNWATCHED_PAUSE_MS,
    },
    log,
  });
  observeMedia(registry, { rooms, pool });

  let closing: Promise<void> | undefined;
  const server = createServer(
    createApi({
      log,
      registry,
      key,
      bootId,
      version: packageVersion(),
      region: config.REGION,
      pool,
      rooms,
      accepting: () => closing === undefined,
    }),
  );
  const feed = new Feed(server, { rooms, bootId, key, log });
  let metrics: Server | undefined;

  const end = async () => {
    const stopped = closeServer(server);
    const limit = setTimeout(() => server.closeAllConnections(), DRAIN_LIMIT_MS);
    rooms.close('shutting-down');
    await feed.close();
    await pool.close();
    await stopped;
    clearTimeout(limit);
    if (metrics) await closeServer(metrics);
  };

  return {
    server,
    bootId,
    listen: async () => {
      const port = await listen(server, { host: config.HOST, port: config.PORT });
      if (config.METRICS_PORT !== 0) {
        metrics = await serveMetrics(registry, { host: config.METRICS_HOST, port: config.METRICS_PORT });
      }
      return `http://${config.HOST}:${port}`;
    },
    close: () => (closing ??= end()),
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
