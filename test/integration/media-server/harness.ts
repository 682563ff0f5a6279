/** A media server with real workers in this process, and callers for its API and feed. Closed by `close`. */
import { once } from 'node:events';
import {
  FEED_NAMESPACE,
  type FeedEvent,
  type JoinRoomAnswer,
  type NodeLoad,
} from '@crossfade/shared/media-events';
import type {
  CreateRoomAnswer,
  CreateTransportAnswer,
  ProduceRequest,
  RoomSnapshot,
} from '@crossfade/shared/media-api';
import { signServiceToken } from '@crossfade/service/tokens';
import { silentLog, type Log } from '@crossfade/service/log';
import { Registry } from 'prom-client';
import { io, type Socket } from 'socket.io-client';
import request, { type Response } from 'supertest';
import type { Clock } from '../../../media-server/src/clock.ts';
import { createMediaServer, type MediaServer } from '../../../media-server/src/app.ts';
import { parseConfig } from '../../../media-server/src/config.ts';
import { mustBeListed } from './listed-errors.ts';
import { opusParameters } from './media-parameters.ts';

export const SECRET = 'a secret for tests that is 32 bytes or more';
export const KEY = { secret: SECRET, issuer: 'crossfade' };

export interface Harness {
  mediaServer: MediaServer;
  url: string;
  registry: Registry;
  /** Calls the API with a good token; paths start after `/api`. */
  call: Call;
  post: (path: string, body?: object, headers?: Record<string, string>) => Promise<Response>;
  get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  delete: (path: string, headers?: Record<string, string>) => Promise<Response>;
  createRoom: (roomId: string, body?: object) => Promise<CreateRoomAnswer>;
  createTransport: (
    roomId: string,
    participantId: string,
    direction: 'send' | 'recv',
    options?: { sctp?: boolean },
  ) => Promise<CreateTransportAnswer>;
  /** A producer on a sending transport; audio unless told otherwise. */
  produce: (roomId: string, transportId: string, request?: ProduceRequest) => Promise<string>;
  snapshot: (roomId: string) => Promise<RoomSnapshot>;
  /** The workers that are up. */
  workers: () => Promise<WorkerInfo[]>;
  feed: (auth?: Record<string, unknown>) => Promise<FeedReader>;
  close: () => Promise<void>;
}

export interface WorkerInfo {
  index: number;
  pid: number;
  rooms: number;
  consumers: number;
}

type Call = (
  method: 'get' | 'post' | 'patch' | 'delete',
  path: string,
  options?: { body?: object; headers?: Record<string, string> },
) => Promise<Response>;

export interface FeedReader {
  socket: Socket;
  /** What was received of rooms so far. */
  events: FeedEvent[];
  /** Resolves with the next `node-load` that fits. */
  load: (fits: (load: NodeLoad) => boolean) => Promise<NodeLoad>;
  join: (request: object) => Promise<JoinRoomAnswer>;
  /** Resolves with the first event that fits, received already or not. */
  event: <T extends FeedEvent['type']>(
    type: T,
    fits?: (event: Extract<FeedEvent, { type: T }>) => boolean,
    limitMs?: number,
  ) => Promise<Extract<FeedEvent, { type: T }>>;
  close: () => void;
}

export function serviceToken(options: { scope?: 'read' } = {}): string {
  return signServiceToken(KEY, { subject: 'test', lifetimeS: 600, ...options });
}

export function testConfig(settings: Record<string, string> = {}) {
  return parseConfig({
    SERVICE_JWT_SECRET: SECRET,
    PORT: '0',
    METRICS_PORT: '0',
    RTC_BASE_PORT: '0',
    // Nobody receives most of what tests produce; the test of that says when it is paused.
    UNWATCHED_PAUSE_MS: '0',
    MEDIASOUP_WORKERS: '1',
    // Quotas have a test of their own.
    MAX_NEW_ROOMS_PER_SECOND: '10000',
    MAX_TRANSPORTS_PER_PARTICIPANT: '1000',
    MAX_PRODUCERS_PER_PARTICIPANT: '1000',
    MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'],
    ...settings,
  });
}

export async function startHarness(
  settings: Record<string, string> = {},
  {
    log = silentLog,
    clock,
    registry = new Registry(),
  }: { log?: Log; clock?: Clock; registry?: Registry } = {},
): Promise<Harness> {
  const config = testConfig(settings);
  const mediaServer = await createMediaServer({ config, log, registry, ...(clock && { clock }) });
  const url = await mediaServer.listen();
  const authorization = `Bearer ${serviceToken()}`;
  const readers = new Set<FeedReader>();

  const call: Call = async (method, path, { body, headers = {} } = {}) => {
    const pending = request(url)
      [method](`/api${path}`)
      .set({ authorization, ...headers });
    const response = await (body === undefined ? pending : pending.send(body));
    mustBeListed(method, `/api${path}`, response);
    return response;
  };
  const expecting = async (status: number, pending: Promise<Response>) => {
    const response = await pending;
    if (response.status !== status) throw new Error(`${response.status}: ${response.text}`);
    return response.body as unknown;
  };
  const post: Harness['post'] = (path, body, headers) =>
    call('post', path, { ...(body && { body }), ...(headers && { headers }) });

  return {
    mediaServer,
    url,
    registry,
    call,
    post,
    get: (path, headers = {}) => call('get', path, { headers }),
    delete: (path, headers = {}) => call('delete', path, { headers }),
    createRoom: async (roomId, body) =>
      (await expecting(201, post(`/rooms/${roomId}/create`, body))) as CreateRoomAnswer,
    createTransport: async (roomId, participantId, direction, options = {}) =>
      (await expecting(
        201,
        post(`/rooms/${roomId}/transports`, { participantId, direction, ...options }),
      )) as CreateTransportAnswer,
    produce: async (roomId, transportId, body) => {
      const wanted = body ?? { kind: 'audio', source: 'microphone', rtpParameters: opusParameters() };
      const path = `/rooms/${roomId}/transports/${transportId}/produce`;
      return ((await expecting(201, post(path, wanted))) as { id: string }).id;
    },
    snapshot: async (roomId) => (await expecting(200, call('get', `/rooms/${roomId}`))) as RoomSnapshot,
    workers: async () =>
      ((await expecting(200, call('get', '/node'))) as { workers: { up: WorkerInfo[] } }).workers.up,
    feed: async (auth = { token: serviceToken() }) => {
      const reader = await connectFeed(url, auth);
      readers.add(reader);
      return reader;
    },
    close: async () => {
      for (const reader of readers) reader.close();
      await mediaServer.close();
    },
  };
}

async function connectFeed(url: string, auth: Record<string, unknown>): Promise<FeedReader> {
  const socket = io(`${url}${FEED_NAMESPACE}`, { auth, transports: ['websocket'], forceNew: true });
  const events: FeedEvent[] = [];
  const waiting = new Set<(event: FeedEvent) => void>();
  socket.onAny((type: string, event: FeedEvent) => {
    if (type === 'node-load') return;
    events.push(event);
    for (const listener of waiting) listener(event);
  });
  await Promise.race([
    once(socket as never, 'connect'),
    once(socket as never, 'connect_error').then(([error]) => {
      socket.close();
      throw error as Error;
    }),
  ]);
  return {
    socket,
    events,
    load: (fits) =>
      new Promise((resolve) => {
        const listener = (load: NodeLoad) => {
          if (!fits(load)) return;
          socket.off('node-load', listener);
          resolve(load);
        };
        socket.on('node-load', listener);
      }),
    join: (joinRequest) => socket.timeout(2_000).emitWithAck('join-room', joinRequest),
    event: (type, fits = () => true, limitMs = 5_000) =>
      new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
          waiting.delete(listener);
          reject(
            new Error(
              `no ${type} within ${limitMs} ms; there were: ${events.map((event) => event.type).join(', ')}`,
            ),
          );
        }, limitMs);
        const listener = (event: FeedEvent) => {
          if (event.type !== type || !fits(event as never)) return;
          clearTimeout(limit);
          waiting.delete(listener);
          resolve(event as never);
        };
        waiting.add(listener);
        events.forEach(listener);
      }),
    close: () => socket.close(),
  };
}
