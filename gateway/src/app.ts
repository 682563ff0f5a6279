/** Composes the gateway. It owns everything it makes, and `close()` ends all of it. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createHttp, finishHttp, route } from '@crossfade/service/http';
import { closeServer, listen } from '@crossfade/service/listen';
import type { Log } from '@crossfade/service/log';
import { createRegistry, serveMetrics } from '@crossfade/service/metrics';
import { answerFaults } from '@crossfade/service/problems';
import { SettingError } from '@crossfade/service/settings';
import type { Readiness } from '@crossfade/shared/media-api';
import { Calls } from './calls/calls.ts';
import { Effects } from './calls/effects.ts';
import { roomOf, type CallPolicy } from './calls/state.ts';
import type { GatewayConfig } from './config.ts';
import { callRoutes } from './http/calls.ts';
import { developmentTokens } from './http/tokens.ts';
import { pagePolicy, webApp } from './http/web-app.ts';
import { iceServersFor } from './ice-servers.ts';
import { CallMetrics } from './metrics/calls.ts';
import { MediaServers } from './nodes/media-servers.ts';
import { Dispatch } from './signalling/dispatch.ts';
import { roomNewsMessage, roomNewsRecipient } from './signalling/room-news.ts';
import { SocketIoDoor } from './signalling/socket-io.ts';
import { MemoryCallStore, type CallStore } from './store/calls.ts';
import { Outbox } from './store/outbox.ts';
import type { Records } from './store/records.ts';

/** Largest body of a REST request, bytes. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** How long a stop waits for records to be written, milliseconds. */
const FLUSH_LIMIT_MS = 3_000;

export interface Gateway {
  /** Where it can be reached. */
  url: string;
  /** Ends it, once: sockets, calls' rooms, records. */
  close(): Promise<void>;
}

export interface GatewayDependencies {
  config: GatewayConfig;
  log: Log;
  /** Opens the database. */
  openRecords: () => Promise<Records>;
}

/**
 * Starts a gateway and listens.
 * @throws SettingError if a setting cannot be used
 */
export async function startGateway({ config, log, openRecords }: GatewayDependencies): Promise<Gateway> {
  const registry = createRegistry('gateway');
  const metrics = new CallMetrics(registry);
  const userKey = { secret: config.USER_JWT_SECRET, issuer: config.JWT_ISSUER };
  const serviceKey = {
    secret: config.SERVICE_JWT_SECRET,
    issuer: config.JWT_ISSUER,
    keyId: config.SERVICE_JWT_KEY_ID,
  };
  const policy: CallPolicy = {
    p2pMaxParticipants: config.P2P_MAX_PARTICIPANTS,
    backToP2pDelayMs: config.BACK_TO_P2P_DELAY_MS,
    switchTimeoutMs: config.SWITCH_TIMEOUT_MS,
    resumeWindowMs: config.RESUME_WINDOW_MS,
    maxParticipants: config.MAX_PARTICIPANTS,
  };
  const turn = { urls: config.TURN_URLS, secret: config.TURN_SECRET };
  const iceServers = (participantId: string) => iceServersFor(turn, participantId, Date.now());

  const records = await openRecords();
  // Live calls are in this process, so none can have outlived the one before.
  await records.closeUnfinished(Date.now());
  const outbox = new Outbox((entry) => records.write(entry), log);

  const http = createHttp({
    log,
    registry,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    helmet: { contentSecurityPolicy: pagePolicy },
  });
  const server = createListener(config, http);
  answerFaults(server);
  const door = new SocketIoDoor(server, {
    key: userKey,
    allowedOrigins: config.ALLOWED_ORIGINS,
    log,
    onRefused: (code) => metrics.refused(code),
  });

  const mediaServers = new MediaServers(
    config.MEDIA_SERVER_URLS,
    serviceKey,
    {
      news: (callId, news) => {
        const message = roomNewsMessage(callId, news);
        const whom = roomNewsRecipient(news);
        if ('only' in whom) door.send(callId, whom.only, message);
        else door.broadcast(callId, whom.except, message);
      },
      lost: (callId, epoch) => {
        log.warn('a room is lost', { callId, epoch });
        calls.post(callId, { type: 'room-lost', epoch }).catch((error: unknown) => {
          log.error('a lost room was not handled', { callId, error });
        });
      },
    },
    log,
  );
  const effects = new Effects({
    courier: door,
    mediaServers,
    iceServers,
    log,
    calls: () => calls,
    record: (entry) => {
      metrics.recorded(entry);
      outbox.add(entry);
    },
  });
  const store = new MemoryCallStore();
  const calls = new Calls({
    store,
    policy,
    log,
    run: (callId, effect) => effects.run(callId, effect),
    observe: (_callId, before, after) => metrics.observe(before, after),
  });
  door.serve(new Dispatch({ calls, mediaServers, courier: door, policy, iceServers }));

  let stopping = false;
  http.get(
    '/health',
    route('/health', (_request, response) => response.json({ alive: true })),
  );
  http.get(
    '/ready',
    route('/ready', (_request, response) => {
      const checks = { serving: !stopping, mediaServer: mediaServers.connected > 0 };
      // Small calls work without a media server: it is told, but does not make the gateway unready.
      response.status(checks.serving ? 200 : 503).json({ ready: checks.serving, checks } satisfies Readiness);
    }),
  );
  if (config.NODE_ENV !== 'production') http.post('/api/tokens', developmentTokens(userKey));
  http.use('/api/calls', callRoutes({ calls, records, key: userKey }));
  if (config.WEB_ROOT !== 'none') http.use(webApp(config.WEB_ROOT));
  finishHttp(http, { log });

  const port = await listen(server, { host: config.HOST, port: config.PORT });
  const metricsServer =
    config.METRICS_PORT === 0
      ? null
      : await serveMetrics(registry, { host: config.METRICS_HOST, port: config.METRICS_PORT });
  const scheme = config.TLS_CERT_FILE === undefined ? 'http' : 'https';
  const url = `${scheme}://${config.HOST === '0.0.0.0' ? 'localhost' : config.HOST}:${String(port)}`;
  log.info('gateway is ready', { url, mediaServers: config.MEDIA_SERVER_URLS });

  let closing: Promise<void> | undefined;
  const close = async () => {
    stopping = true;
    await door.close();
    calls.close();
    await closeRooms(store, effects);
    await mediaServers.shutDown();
    await closeServer(server);
    if (metricsServer) await closeServer(metricsServer);
    await outbox.close(FLUSH_LIMIT_MS);
    await records.closeUnfinished(Date.now());
    await records.close();
  };
  return { url, close: () => (closing ??= close()) };
}

/** The live calls end with this process: their rooms would be left over. */
async function closeRooms(store: CallStore, effects: Effects): Promise<void> {
  await effects.idle();
  for (const callId of await store.list()) {
    const state = (await store.load(callId))?.state;
    for (const room of [state && roomOf(state.media), state?.draining?.room]) {
      if (room) effects.run(callId, { type: 'close-room', room });
    }
  }
  await effects.idle();
}

function createListener(config: GatewayConfig, http: Parameters<typeof createServer>[1] & object): Server {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  if (cert === undefined && key === undefined) return createServer(http);
  if (cert === undefined || key === undefined) {
    throw new SettingError(`Setting ${cert === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'} is not set.`);
  }
  try {
    return createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, http);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingError(`Setting TLS_CERT_FILE or TLS_KEY_FILE cannot be used: ${why}.`);
  }
}
