/** Composes the gateway. It owns everything it makes, and `close()` ends all of it. */
import { randomUUID } from 'node:crypto';
import { createHttp } from '@crossfade/service/http';
import { closeServer, listen } from '@crossfade/service/listen';
import type { Log } from '@crossfade/service/log';
import { createRegistry, serveMetrics } from '@crossfade/service/metrics';
import { answerFaults } from '@crossfade/service/problems';
import { UserTokens } from '@crossfade/service/user-tokens';
import { AuditLog } from './audit/audit-log.ts';
import { Calls } from './calls/calls.ts';
import { Effects } from './calls/effects.ts';
import type { RecordEntry } from './calls/events.ts';
import { heldRooms } from './calls/state.ts';
import { Subscriptions } from './calls/subscriptions.ts';
import { Chat } from './chat/chat.ts';
import { MemoryRecentChat } from './chat/recent.ts';
import { RedisRecentChat } from './chat/redis-recent.ts';
import type { GatewayConfig } from './config.ts';
import { callPolicyOf, mediaServersOf, userKeyOf } from './deployment.ts';
import { mountApi } from './http/api.ts';
import { Callers } from './http/caller.ts';
import { createListener, listeningUrl } from './http/listener.ts';
import { pagePolicy } from './http/web-app.ts';
import { iceServersFor } from './ice-servers.ts';
import { addressRates, socketAllowance, userRates } from './limits/budgets.ts';
import { trustedProxies } from './limits/client-address.ts';
import { OpenSockets } from './limits/open-sockets.ts';
import { RateLimits } from './limits/rate-limits.ts';
import { CallMetrics } from './metrics/calls.ts';
import { ClusterMetrics } from './metrics/cluster.ts';
import { EdgeMetrics } from './metrics/edge.ts';
import { MediaServerMetrics } from './metrics/media-servers.ts';
import { OutboxMetrics } from './metrics/outbox.ts';
import { Enforcement } from './moderation/enforcement.ts';
import { floorHandlers } from './floor/handlers.ts';
import { moderationHandlers } from './moderation/handlers.ts';
import { permitsChanged } from './moderation/permits.ts';
import { FloorMetrics } from './metrics/floor.ts';
import { MediaServers } from './nodes/media-servers.ts';
import { Cluster } from './presence/cluster.ts';
import { Attendance } from './signalling/attendance.ts';
import { clusterAdapter } from './signalling/cluster-adapter.ts';
import { Dispatch } from './signalling/dispatch.ts';
import type { DoorOptions } from './signalling/door.ts';
import { Entrance } from './signalling/entrance.ts';
import { reconciler } from './signalling/reconcile.ts';
import { roomHandlers } from './signalling/room-handlers.ts';
import { SocketIoDoor } from './signalling/socket-io.ts';
import { Channels } from './signalling/ws/channels.ts';
import { WsDoor } from './signalling/ws/door.ts';
import { MemoryCallStore, type CallStore } from './store/calls.ts';
import { RecordKeeping } from './store/record-keeping.ts';
import type { Records } from './store/records.ts';

/** Largest body of a REST request, bytes. */
const BODY_LIMIT_BYTES = 64 * 1024;
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
  const policy = callPolicyOf(config);
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
  // One clock for all that is told and recorded; in whole milliseconds, as whatever is kept of it.
  const now = cluster ? () => Math.floor(cluster.now()) : Date.now;
  const adapter = cluster && clusterAdapter(cluster.connection, config.REDIS_PREFIX);

  const limits = new RateLimits({
    user: userRates(config),
    address: addressRates(config),
    ...(cluster && { shared: { store: cluster.connection, prefix: config.REDIS_PREFIX } }),
    onLimited: (budget, scope) => edge.limited(budget, scope),
  });
  const tokens = new UserTokens({ ...userKeyOf(config), jwksUrl: config.USER_JWKS_URL });
  const entrance = new Entrance({
    tokens,
    limits,
    sockets: new OpenSockets({ user: config.MAX_SOCKETS_PER_USER, address: config.MAX_SOCKETS_PER_ADDRESS }),
    proxies: trustedProxies(config.TRUSTED_PROXIES),
    audit,
  });
  const callers = new Callers({ tokens, limits, addressOf: (request) => entrance.addressOf(request) });

  const outboxMetrics = new OutboxMetrics(registry, () => recordKeeping.waiting);
  const records = await openRecords();
  const recordKeeping = new RecordKeeping({
    records,
    config,
    log,
    onLost: (why) => outboxMetrics.lost(why),
    ...(cluster && { shared: { store: cluster.store, now: cluster.now } }),
  });
  if (cluster) await cluster.reach();
  // A Redis that knows of no call may only not have been given back what others know: what has ended is found in time.
  else await recordKeeping.closeUnfinished();
  const recentChat = cluster
    ? new RedisRecentChat(cluster.connection, `${config.REDIS_PREFIX}chat:`)
    : new MemoryRecentChat();
  const record = (entry: RecordEntry) => {
    metrics.recorded(entry);
    audit.recorded(entry);
    recordKeeping.add(entry);
    if (entry.type === 'call-ended') recentChat.forget(entry.recordId);
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

  const mediaServers: MediaServers = new MediaServers({
    ...mediaServersOf(config),
    rooms: roomHandlers({
      courier: door,
      calls: () => calls,
      enforcement: () => enforcement,
      onNews: (callId, news) => channels.heard(callId, news),
      onRelayed: (happenedAt, relayedAt) => edge.relayed(happenedAt, relayedAt),
      log,
    }),
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
      if (after && permitsChanged(before, after)) enforcement.lookLater(callId);
    },
    learnt: (callId, state, complete) => {
      reconcile(callId, state, complete);
      channels.changed(callId);
    },
    now,
  });
  const reconcile = reconciler({
    gatewayId,
    attendance,
    subscriptions,
    courier: door,
    calls,
    log,
  });
  const channels = new Channels({
    state: (callId) => calls.known.get(callId)?.state ?? null,
    producers: (callId, room) => mediaServers.producers(callId, room),
  });
  const enforcement = new Enforcement({ calls: () => calls, api: (room) => mediaServers.api(room), log });
  const chat = new Chat({ calls, courier: door, recent: recentChat, records, record, now });
  const others = {
    ...chat.handlers(),
    ...floorHandlers({ calls, now }),
    ...moderationHandlers({ calls, log }),
  };
  if (cluster && adapter) {
    const recovered = (callId: string) => enforcement.lookLater(callId);
    await cluster.start({ calls, attendance, stream: adapter.stream, recovered });
  }
  const dispatch = new Dispatch({
    log,
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
    now,
    limits,
    audit,
    onResumed: () => edge.resumed(),
  });
  door.serve(dispatch);
  const wsDoor = new WsDoor(server, { ...atTheDoors, guests: door.guests, channels, dispatch });

  let stopping = false;
  mountApi(http, {
    config,
    checks: () => ({
      serving: !stopping,
      mediaServer: mediaServers.connected > 0,
      ...(cluster && { callStore: cluster.ready }),
    }),
    calls,
    mediaServers,
    records,
    callers,
    audit,
    log,
  });

  const port = await listen(server, { host: config.HOST, port: config.PORT });
  const metricsServer =
    config.METRICS_PORT === 0
      ? null
      : await serveMetrics(registry, { host: config.METRICS_HOST, port: config.METRICS_PORT });
  const url = listeningUrl(config, port);
  recordKeeping.startUpkeep();
  log.info('gateway is ready', {
    url,
    mediaServers: config.MEDIA_SERVER_DNS ?? config.MEDIA_SERVER_URLS,
  });

  let closing: Promise<void> | undefined;
  const close = async () => {
    stopping = true;
    dispatch.stop();
    await wsDoor.close();
    await door.close();
    await calls.idle(IDLE_LIMIT_MS);
    // Those who were here can come back at another gateway: the calls go on, and so do their rooms.
    if (cluster) await cluster.leave();
    await effects.idle(IDLE_LIMIT_MS);
    calls.close();
    enforcement.close();
    if (!cluster) await closeRooms(store, effects);
    subscriptions.close();
    cluster?.close();
    await mediaServers.shutDown();
    await closeServer(server);
    if (metricsServer) await closeServer(metricsServer);
    await recordKeeping.close(!cluster);
    await audit.close();
  };
  return { url, close: () => (closing ??= close()) };
}

/** The live calls end with this process: their rooms would be left over. */
async function closeRooms(store: CallStore, effects: Effects): Promise<void> {
  await effects.idle(IDLE_LIMIT_MS);
  for (const callId of await store.list(undefined, Infinity)) {
    const { state } = await store.load(callId);
    for (const room of state ? heldRooms(state) : []) effects.run(callId, { type: 'close-room', room });
  }
  await effects.idle(IDLE_LIMIT_MS);
}
