/**
 * The media server without a process around it: workers, rooms, REST API and feed. `main` starts and closes it; so do
 * tests, and a test that needs no port may leave out `listen`.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { closeServer, listen, urlHost } from '@crossfade/service/listen';
import type { Log } from '@crossfade/service/log';
import { serveMetrics } from '@crossfade/service/metrics';
import { answerFaults } from '@crossfade/service/problems';
import { SERVER_LIMITS } from '@crossfade/service/server-limits';
import { ServiceTokens } from '@crossfade/service/service-tokens';
import type { Registry } from 'prom-client';
import type { Clock } from './clock.ts';
import { quotaLimitsOf, type MediaServerConfig } from './config.ts';
import { Feed } from './feed/feed.ts';
import { createApi } from './http/api.ts';
import { Connections, TOLD_CONNECTIONS } from './http/connections.ts';
import { createEntityCounts } from './metrics/entity-counts.ts';
import { createFeedMetrics, observeFeed } from './metrics/feed-metrics.ts';
import { observeMedia } from './metrics/media-metrics.ts';
import { observeNode } from './metrics/node-metrics.ts';
import { observeRtp } from './metrics/rtp-metrics.ts';
import { checkBudget, connectionBudget } from './node/budget.ts';
import { Drain } from './node/drain.ts';
import { startLoadNews } from './node/load-news.ts';
import { MediaNode } from './node/node.ts';
import { Quotas } from './quotas/quotas.ts';
import { Rooms } from './rooms/rooms.ts';
import { WorkerPool } from './workers/pool.ts';

/** Milliseconds requests under way get when the server stops. */
const REQUESTS_LIMIT_MS = 500;

export interface MediaServerDeps {
  config: MediaServerConfig;
  log: Log;
  registry: Registry;
  /** Ends rooms that nobody renews or uses; tests bring their own. */
  clock?: Clock;
}

export interface MediaServer {
  /** REST and feed; not listening until `listen`. */
  readonly server: Server;
  /** Changes with every start. */
  readonly bootId: string;
  /** Opens the ports of the settings, and tells where the API is. @throws SettingError */
  listen(): Promise<string>;
  /** Takes no new rooms; resolves when the others are gone, at the latest at the deadline of the settings. */
  drain(): Promise<void>;
  /** Closes the rooms, tells the feed, ends the workers. Repeated calls wait for the first. */
  close(): Promise<void>;
}

/** @throws SettingError if a worker does not start, or the system lets this process open too few files */
export async function createMediaServer({
  config,
  log,
  registry,
  clock,
}: MediaServerDeps): Promise<MediaServer> {
  checkBudget(config.MEDIASOUP_WORKERS);
  const bootId = randomUUID();
  const version = packageVersion();
  const tokens = new ServiceTokens({
    secret: config.SERVICE_JWT_SECRET,
    secretsById: config.SERVICE_JWT_KEYS,
    jwksUrl: config.SERVICE_JWKS_URL,
    issuer: config.JWT_ISSUER,
  });
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
    limits: {
      leaseGraceMs: config.LEASE_GRACE_S * 1_000,
      emptyMs: config.EMPTY_ROOM_TIMEOUT_S * 1_000,
    },
    media: {
      bitrates: {
        maxIncoming: config.MAX_INCOMING_BITRATE,
        initialOutgoing: config.INITIAL_OUTGOING_BITRATE,
        minOutgoing: config.MIN_OUTGOING_BITRATE,
      },
      unwatchedPauseMs: config.UNWATCHED_PAUSE_MS,
      unwantedLayersMs: config.UNWANTED_LAYERS_MS,
    },
    workerCapacity: config.WORKER_CONSUMER_CAPACITY,
    log,
    admit: () => {
      node.admit();
    },
    ...(clock && { clock }),
  });
  const drain = new Drain({ rooms, deadlineMs: config.DRAIN_DEADLINE_S * 1_000, log });
  const node = new MediaNode({
    bootId,
    version,
    region: config.REGION,
    consumersPerWorker: config.WORKER_CONSUMER_CAPACITY,
    pool,
    rooms,
    drain,
  });
  pool.on('gave-up', () => {
    drain.start('workers-dying');
  });
  observeMedia(registry, rooms);
  observeNode(registry, { node, drain, pool });
  const stopStats = observeRtp(registry, { rooms, intervalMs: config.STATS_INTERVAL_S * 1_000, log });

  let closing: Promise<void> | undefined;
  const connections = new Connections(connectionBudget(config.MEDIASOUP_WORKERS) - TOLD_CONNECTIONS);
  const server = createServer(
    SERVER_LIMITS,
    createApi({
      log,
      registry,
      tokens,
      quotas: new Quotas(quotaLimitsOf(config)),
      bodyLimitBytes: config.MAX_BODY_BYTES,
      bootId,
      version,
      node,
      drain,
      pool,
      rooms,
      connections,
      stopping: () => closing !== undefined,
    }),
  );
  answerFaults(server);
  connections.watch(server);
  const feed = new Feed(server, { rooms, bootId, tokens, metrics: createFeedMetrics(registry), log });
  observeFeed(registry, feed);
  const stopLoadNews = startLoadNews({
    node,
    drain,
    pool,
    tell: (load) => {
      feed.tellAll(load);
    },
  });
  let metrics: Server | undefined;

  const end = async () => {
    const stopped = closeServer(server);
    const limit = setTimeout(() => server.closeAllConnections(), REQUESTS_LIMIT_MS);
    stopLoadNews();
    stopStats();
    drain.close();
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
      return `http://${urlHost(config.HOST)}:${port}`;
    },
    drain: () => {
      drain.start('terminating');
      return drain.done();
    },
    close: () => (closing ??= end()),
  };
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
