/** Composes the gateway. It owns everything it makes, and `close()` ends all of it. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { documentRoutes } from '@crossfade/service/document-routes';
import { createHttp, finishHttp, route } from '@crossfade/service/http';
import { closeServer, listen } from '@crossfade/service/listen';
import type { Log } from '@crossfade/service/log';
import { createRegistry, serveMetrics } from '@crossfade/service/metrics';
import { answerFaults } from '@crossfade/service/problems';
import { SERVER_LIMITS } from '@crossfade/service/server-limits';
import { SettingError } from '@crossfade/service/settings';
import { UserTokens } from '@crossfade/service/user-tokens';
import type { Readiness } from '@crossfade/shared/media-api';
import { AuditLog } from './audit/audit-log.ts';
import { Calls } from './calls/calls.ts';
import { Effects } from './calls/effects.ts';
import type { CallEvent, RecordEntry } from './calls/events.ts';
import { heldRooms, type CallPolicy } from './calls/state.ts';
import { Subscriptions } from './calls/subscriptions.ts';
import { Chat } from './chat/chat.ts';
import { MemoryRecentChat } from './chat/recent.ts';
import { RedisRecentChat } from './chat/redis-recent.ts';
import type { GatewayConfig } from './config.ts';
import { createAsyncApi } from './docs/asyncapi.ts';
import { createOpenApi } from './docs/openapi.ts';
import { Callers } from './http/caller.ts';
import { callRoutes } from './http/calls.ts';
import { mediaServerRoutes } from './http/media-servers.ts';
import { allowOrigins } from './http/origins.ts';
import { developmentTokens } from './http/tokens.ts';
import { pagePolicy, webApp } from './http/web-app.ts';
import { iceServersFor } from './ice-servers.ts';
import { addressRates, socketAllowance, userRates } from './limits/budgets.ts';
import { trustedProxies } from './limits/client-address.ts';
import { OpenSockets } from './limits/open-sockets.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { CallMetrics } from './metrics/calls.ts';
import { MediaServerMetrics } from './metrics/media-servers.ts';
import { parseDnsName } from './nodes/addresses.ts';
import { ClusterMetrics } from './metrics/cluster.ts';
import { OutboxMetrics } from './metrics/outbox.ts';
import { Enforcement } from './moderation/enforcement.ts';
import { floorHandlers } from './floor/handlers.ts';
import { moderationHandlers } from './moderation/handlers.ts';
import { FloorMetrics } from './metrics/floor.ts';
import { EdgeMetrics } from './metrics/edge.ts';
import { MediaServers } from './nodes/media-servers.ts';
import { Cluster } from './presence/cluster.ts';
import { Attendance } from './signalling/attendance.ts';
import { clusterAdapter } from './signalling/cluster-adapter.ts';
import { Dispatch } from './signalling/dispatch.ts';
import type { DoorOptions } from './signalling/door.ts';
import { Entrance } from './signalling/entrance.ts';
import { reconciler } from './signalling/reconcile.ts';
import { roomNewsMessage, roomNewsRecipient } from './signalling/room-news.ts';
import { SocketIoDoor } from './signalling/socket-io.ts';
import { Channels } from './signalling/ws/channels.ts';
import { WsDoor } from './signalling/ws/door.ts';
import { MemoryCallStore, type CallStore } from './store/calls.ts';
import { Outbox } from './store/outbox.ts';
import type { Records } from './store/records.ts';
import { Retention } from './store/retention.ts';

/** Largest body of a REST request, bytes. */
const BODY_LIMIT_BYTES = 64 * 1024;
/** Browsers send the cookies of the whole site along. */
const LIMITS = { ...SERVER_LIMITS, maxHeaderSize: 16_384 };
/** How long a stop waits for records to be written, milliseconds. */
const FLUSH_LIMIT_MS = 3_000;
/** How long a stop waits until those who were here are known to be gone, milliseconds. */
const IDLE_LIMIT_MS = 2_000;

export interface Gateway {
  /** Where it can be reached. */
  url: string;
  /** Ends it, once: sockets, records, and the calls with their rooms if no other gateway can go on with them. */
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
  const gatewayId = randomUUID();
  const registry = createRegistry('gateway');
  const metrics = new CallMetrics(registry, gatewayId);
  const edge = new EdgeMetrics(registry);
  const floorMetrics = new FloorMetrics(registry);
  const audit = new AuditLog(log, config.AUDIT_LOG_FILE);
  const userKey = { secret: config.USER_JWT_SECRET, issuer: config.JWT_ISSUER };
  const serviceKey = {
    secret: config.SERVICE_JWT_SECRET,
    issuer: config.JWT_ISSUER,
    keyId: config.SERVICE_JWT_KEY_ID,
  };
  const policy: CallPolicy = {
    p2pMaxParticipants: config.P2P_MAX_PARTICIPANTS,
    meshMaxParticipants: config.MESH_MAX_PARTICIPANTS,
    backToP2pDelayMs: config.BACK_TO_P2P_DELAY_MS,
    switchTimeoutMs: config.SWITCH_TIMEOUT_MS,
    resumeWindowMs: config.RESUME_WINDOW_MS,
    maxParticipants: config.MAX_PARTICIPANTS,
    floor: {
      maxTalkMs: config.FLOOR_MAX_TALK_MS,
      retryAfterMs: config.FLOOR_RETRY_AFTER_MS,
      lostGraceMs: config.FLOOR_LOST_GRACE_MS,
      maxQueue: config.FLOOR_MAX_QUEUE,
    },
  };
  const turn = { urls: config.TURN_URLS, secret: config.TURN_SECRET, ttlS: config.TURN_TTL_S };
  const iceServers = (participantId: string) => iceServersFor(turn, participantId, Date.now());

  const cluster =
    config.REDIS_URL === undefined
      ? null
      : new Cluster({
          url: config.REDIS_URL,
          prefix: config.REDIS_PREFIX,
          gatewayId,
          log,
          metrics: new ClusterMetrics(registry),
        });
  const adapter = cluster && clusterAdapter(cluster.connection, config.REDIS_PREFIX);

  const limits = new RateLimits({
    user: userRates(config),
    address: addressRates(config),
    ...(cluster && { shared: { store: cluster.connection, prefix: config.REDIS_PREFIX } }),
    onLimited: (budget, scope) => edge.limited(budget, scope),
  });
  const tokens = new UserTokens({ ...userKey, jwksUrl: config.USER_JWKS_URL });
  const entrance = new Entrance({
    tokens,
    limits,
    sockets: new OpenSockets({ user: config.MAX_SOCKETS_PER_USER, address: config.MAX_SOCKETS_PER_ADDRESS }),
    proxies: trustedProxies(config.TRUSTED_PROXIES),
    audit,
  });
  const callers = new Callers({ tokens, limits, addressOf: (request) => entrance.addressOf(request) });

  const records = await openRecords();
  // No call can have outlived the gateways that were there before.
  const { alone } = (await cluster?.reach()) ?? { alone: true };
  if (alone) await records.closeUnfinished(Date.now(), []);
  const outboxMetrics = new OutboxMetrics(registry, () => outbox.waiting);
  const outbox = new Outbox({
    write: (entries) => records.write(entries),
    log,
    onLost: (why) => outboxMetrics.lost(why),
  });
  const retention = new Retention({
    records,
    recordDays: config.RECORD_RETENTION_DAYS,
    chatDays: config.CHAT_RETENTION_DAYS,
    log,
  });
  const record = (entry: RecordEntry) => {
    metrics.recorded(entry);
    audit.recorded(entry);
    outbox.add(entry);
  };

  const http = createHttp({
    log,
    registry,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    helmet: { contentSecurityPolicy: pagePolicy },
  });
  const server = createListener(config, http);
  answerFaults(server);
  const atTheDoors: DoorOptions = {
    entrance,
    allowedOrigins: config.ALLOWED_ORIGINS,
    allowance: socketAllowance(config.MAX_SOCKET_MESSAGES_PER_SECOND),
    backlogBytes: config.MAX_SOCKET_BACKLOG_BYTES,
    log,
    onEvicted: () => edge.closed('too-slow'),
    onClosed: ({ claims, address }, code) => {
      edge.closed(code);
      audit.write({ action: 'closed', userId: claims.sub, address, code });
    },
    onRefused: (code) => metrics.refused(code),
  };
  const door = new SocketIoDoor(server, {
    ...atTheDoors,
    ...(cluster && adapter && { cluster: { adapter, reaches: (id: string) => cluster.reaches(id) } }),
  });
  edge.watchSockets(() => door.connections);

  const tellCall = (
    callId: string,
    event: Extract<CallEvent, { type: 'room-lost' | 'room-moving' | 'media-server-available' }>,
  ) => {
    log.debug('news of media servers for a call', { callId, ...event });
    calls.post(callId, event).catch((error: unknown) => {
      log.error('a call was not told of its media server', { callId, error });
    });
  };
  const dns = config.MEDIA_SERVER_DNS === undefined ? undefined : parseDnsName(config.MEDIA_SERVER_DNS);
  const mediaServers = new MediaServers({
    addresses: dns ? { dns, everyMs: config.MEDIA_SERVER_DNS_INTERVAL_MS } : config.MEDIA_SERVER_URLS,
    region: config.REGION ?? null,
    pollEveryMs: config.MEDIA_SERVER_POLL_MS,
    limits: { deadAfterMs: config.MEDIA_SERVER_DEAD_AFTER_MS, steadyMs: config.MEDIA_SERVER_STEADY_MS },
    key: serviceKey,
    rooms: {
      news: (callId, news, epoch) => {
        if (news.type === 'new-producer' || news.type === 'producer-resumed') enforcement.enforce(callId);
        const message = roomNewsMessage(callId, news, epoch);
        const whom = roomNewsRecipient(news);
        if ('only' in whom) door.sendHere(callId, whom.only, message);
        else door.broadcastHere(callId, whom.except, message);
        channels.heard(callId, news);
        edge.relayed(news.at, Date.now());
      },
      lost: (callId, epoch, server, serverGone) => {
        tellCall(callId, { type: 'room-lost', epoch, server, serverGone });
      },
      moving: (callId, epoch, server) => tellCall(callId, { type: 'room-moving', epoch, server }),
      available: () => {
        for (const [callId, { state }] of calls.known) {
          if (state.retry) tellCall(callId, { type: 'media-server-available' });
        }
      },
    },
    metrics: new MediaServerMetrics(registry),
    log,
  });
  const effects = new Effects({
    courier: door,
    mediaServers,
    iceServers,
    log,
    calls: () => calls,
    record,
    enforce: (callId) => enforcement.enforce(callId),
    onFloor: (news) => floorMetrics.happened(news),
  });
  const recentChat = cluster
    ? new RedisRecentChat(cluster.connection, `${config.REDIS_PREFIX}chat:`)
    : new MemoryRecentChat();
  const store = cluster?.store ?? new MemoryCallStore();
  const attendance = new Attendance();
  const subscriptions = new Subscriptions(mediaServers, log);
  const calls = new Calls({
    store,
    gatewayId,
    policy,
    log,
    run: (callId, effect) => effects.run(callId, effect),
    observe: (callId, before, after) => {
      metrics.observe(before, after);
      if (after?.floor && after.floor.fence !== before?.floor?.fence) enforcement.lookLater(callId);
      if (before && !after) recentChat.forget(before.recordId);
    },
    learnt: (callId, state) => {
      reconcile(callId, state);
      channels.changed(callId);
    },
    ...(cluster && { now: cluster.now }),
  });
  const reconcile = reconciler({
    gatewayId,
    attendance,
    subscriptions,
    courier: door,
    calls,
    wasAway: (callId) => cluster?.wasAway(callId) ?? false,
    log,
  });
  const channels = new Channels({
    state: (callId) => calls.known.get(callId)?.state ?? null,
    producers: (callId, room) => mediaServers.producers(callId, room),
  });
  const enforcement = new Enforcement({ calls: () => calls, api: (room) => mediaServers.api(room), log });
  const chat = new Chat({ calls, courier: door, recent: recentChat, records, record });
  const others = {
    ...chat.handlers(),
    ...floorHandlers({ calls, now: cluster?.now ?? Date.now }),
    ...moderationHandlers({ calls, log }),
  };
  if (cluster && adapter) await cluster.start({ calls, attendance, stream: adapter.stream });
  const dispatch = new Dispatch({
    gatewayId,
    calls,
    mediaServers,
    attendance,
    subscriptions,
    courier: door,
    policy,
    iceServers,
    record,
    others,
    ...(cluster && { now: cluster.now }),
    limits,
    audit,
    onResumed: () => edge.resumed(),
  });
  door.serve(dispatch);
  const wsDoor = new WsDoor(server, { ...atTheDoors, guests: door.guests, channels, dispatch });

  let stopping = false;
  http.get(
    '/health',
    route('/health', (_request, response) => response.json({ alive: true })),
  );
  http.get(
    '/ready',
    route('/ready', (_request, response) => {
      const checks = {
        serving: !stopping,
        mediaServer: mediaServers.connected > 0,
        ...(cluster && { callStore: cluster.ready }),
      };
      // Small calls work without a media server: it is told, but does not make the gateway unready.
      const ready = checks.serving && checks.callStore !== false;
      response.status(ready ? 200 : 503).json({ ready, checks } satisfies Readiness);
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
  if (config.NODE_ENV !== 'production')
    http.post('/api/tokens', callers.limited('tokens'), developmentTokens(userKey));
  http.use('/api/media-servers', callers.limited('rest'), mediaServerRoutes({ mediaServers, callers }));
  http.use('/api/calls', callers.limited('rest'), callRoutes({ calls, records, callers, audit }));
  if (config.WEB_ROOT !== 'none') http.use(webApp(config.WEB_ROOT));
  finishHttp(http, { log });

  const port = await listen(server, { host: config.HOST, port: config.PORT });
  const metricsServer =
    config.METRICS_PORT === 0
      ? null
      : await serveMetrics(registry, { host: config.METRICS_HOST, port: config.METRICS_PORT });
  const scheme = config.TLS_CERT_FILE === undefined ? 'http' : 'https';
  const url = `${scheme}://${config.HOST === '0.0.0.0' ? 'localhost' : config.HOST}:${String(port)}`;
  retention.start();
  log.info('gateway is ready', {
    url,
    mediaServers: config.MEDIA_SERVER_DNS ?? config.MEDIA_SERVER_URLS,
  });

  let closing: Promise<void> | undefined;
  const close = async () => {
    stopping = true;
    await wsDoor.close();
    await door.close();
    await calls.idle(IDLE_LIMIT_MS);
    // Those who were here can come back at another gateway: the calls go on, and so do their rooms.
    if (cluster) await cluster.leave();
    await effects.idle();
    calls.close();
    enforcement.close();
    if (!cluster) await closeRooms(store, effects);
    subscriptions.close();
    cluster?.close();
    await mediaServers.shutDown();
    await closeServer(server);
    if (metricsServer) await closeServer(metricsServer);
    await retention.close();
    await outbox.close(FLUSH_LIMIT_MS);
    if (!cluster) await records.closeUnfinished(Date.now(), []);
    await records.close();
  };
  return { url, close: () => (closing ??= close()) };
}

/** The live calls end with this process: their rooms would be left over. */
async function closeRooms(store: CallStore, effects: Effects): Promise<void> {
  await effects.idle();
  for (const callId of await store.list(undefined, Infinity)) {
    const { state } = await store.load(callId);
    for (const room of state ? heldRooms(state) : []) effects.run(callId, { type: 'close-room', room });
  }
  await effects.idle();
}

function createListener(config: GatewayConfig, http: Parameters<typeof createServer>[1] & object): Server {
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
  if (cert === undefined && key === undefined) return createServer(LIMITS, http);
  if (cert === undefined || key === undefined) {
    throw new SettingError(`Setting ${cert === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'} is not set.`);
  }
  try {
    return createTlsServer({ ...LIMITS, cert: readFileSync(cert), key: readFileSync(key) }, http);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingError(`Setting TLS_CERT_FILE or TLS_KEY_FILE cannot be used: ${why}.`);
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
