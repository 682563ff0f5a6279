/**
 * The event feed: Socket.IO namespace `/feed` on the server's port, for gateways and dashboards that carry a service
 * token. Created and closed by the app.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { Log } from '@crossfade/service/log';
import { refuse } from '@crossfade/service/problems';
import type { ServiceTokens } from '@crossfade/service/service-tokens';
import { CLOCK_TOLERANCE_S, hasExpired } from '@crossfade/service/tokens';
import { CodedError, parseOrThrow, toAckError, type AckFailure } from '@crossfade/shared/errors';
import {
  FEED_NAMESPACE,
  joinRoomRequestSchema,
  leaveRoomRequestSchema,
  type FeedError,
  type FeedEvent,
  type FeedEventType,
  type JoinRoomAnswer,
  type NodeLoad,
} from '@crossfade/shared/media-events';
import type { AllowanceLimits } from '@crossfade/service/allowance';
import type { BacklogLimits } from '@crossfade/service/backlog';
import { SlowReaders } from '@crossfade/service/slow-readers';
import { SocketGuard } from '@crossfade/service/socket-guard';
import { Server, type ExtendedError, type Namespace, type Socket } from 'socket.io';
import type { Rooms } from '../rooms/rooms.ts';
import type { FeedMetrics } from '../metrics/feed-metrics.ts';
import { after } from './expiry.ts';
import { joinAnswer } from './join.ts';

/** Largest message a reader may send, bytes: they send ids only. */
const MAX_MESSAGE_BYTES = 16_384;
/** Milliseconds a connection may take to join the namespace with its token. */
const CONNECT_LIMIT_MS = 5_000;
/** Milliseconds between a reader's answer and the next ping: see backlog.ts. */
const PING_INTERVAL_MS = 2_000;
/** Milliseconds for the answer, told to readers: with the interval, how long they wait for us. We wait less for them. */
const PING_LIMIT_MS = 8_000;
/** A gateway that comes back joins all its rooms at once, so the burst is large. */
const ALLOWANCE: AllowanceLimits = { burst: 2_000, perSecond: 200, refusals: 500 };
/** Readers send flat messages. */
const MESSAGE_BOUNDS = { depth: 8, elements: 16 };
/** When a reader is too far behind. */
const BACKLOG_LIMITS: BacklogLimits = { bytes: 1_000_000, lagMs: 5_000 };
/** Milliseconds readers get to receive the last events when the server stops. */
const FLUSH_LIMIT_MS = 250;

type LeaveRoomAnswer = { ok: true } | AckFailure;

interface ClientEvents {
  'join-room': (request: unknown, answer: (answer: JoinRoomAnswer) => void) => void;
  'leave-room': (request: unknown, answer: (answer: LeaveRoomAnswer) => void) => void;
}
type FeedEvents = Record<FeedEventType, (event: FeedEvent) => void> & {
  'node-load': (load: NodeLoad) => void;
  error: (error: FeedError) => void;
};
type NoEvents = Record<string, never>;
interface ReaderData {
  /** When its token ends, milliseconds since 1970. */
  goodUntil: number;
}
type Reader = Socket<ClientEvents, FeedEvents, NoEvents, ReaderData>;

export interface FeedOptions {
  rooms: Rooms;
  bootId: string;
  tokens: ServiceTokens;
  metrics: FeedMetrics;
  log: Log;
}

export class Feed {
  readonly #io: Server<ClientEvents, FeedEvents, NoEvents, ReaderData>;
  readonly #readers: Namespace<ClientEvents, FeedEvents, NoEvents, ReaderData>;
  readonly #options: FeedOptions;
  readonly #slowReaders: SlowReaders;
  /** The connections below those of Socket.IO. */
  readonly #sockets = new Set<Duplex>();

  constructor(server: HttpServer, options: FeedOptions) {
    this.#options = options;
    const { metrics, log } = options;
    this.#slowReaders = new SlowReaders({
      limits: BACKLOG_LIMITS,
      log,
      onEvicted: (why) => {
        metrics.evicted(why);
      },
      onLag: (milliseconds) => {
        metrics.lagged(milliseconds);
      },
    });
    server.on('upgrade', (request, socket) => {
      // Socket.IO would answer 400 as for any nonsense; it finds the socket ended, and destroys it.
      if (isForeign(request))
        refuse(socket, new CodedError('forbidden', 'No page may read the feed.'), request);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#io = new Server(server, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      connectTimeout: CONNECT_LIMIT_MS,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_LIMIT_MS,
      allowRequest: (request, answer) => {
        answer(null, !isForeign(request));
      },
    });
    this.#io.use((_socket, next) => {
      next(refusal(new CodedError('route-not-found')));
    });
    const guard = new SocketGuard(this.#io, server, {
      namespace: FEED_NAMESPACE,
      allowance: ALLOWANCE,
      bounds: MESSAGE_BOUNDS,
    });
    this.#readers = this.#io.of(FEED_NAMESPACE);
    this.#readers.use((socket, next) => {
      void this.#refusalOf(socket).then(next);
    });
    this.#readers.on('connection', (reader) => {
      this.#slowReaders.watch(reader);
      refuseBeyond(guard, reader);
      refuseUnknown(reader);
      this.#serve(reader);
      this.#endWithToken(reader);
    });
    options.rooms
      .on('event', (event) => {
        this.#readers.to(channel(event.roomId)).emit(event.type, event);
      })
      .on('closed', (roomId) => {
        this.#readers.in(channel(roomId)).socketsLeave(channel(roomId));
      });
  }

  get readerCount(): number {
    return this.#readers.sockets.size;
  }

  /** What waits for the slowest reader. */
  get backlogBytes(): number {
    return this.#slowReaders.worstBytes;
  }

  /** Sends `node-load` to every reader. */
  tellAll(load: NodeLoad): void {
    this.#readers.emit('node-load', load);
  }

  /** Lets the last events out, then ends every connection in a way that clients reconnect from. */
  async close(): Promise<void> {
    this.#slowReaders.stop();
    const gone = [...this.#sockets].map(
      (socket) => new Promise((resolve) => void socket.once('close', resolve)),
    );
    for (const { conn } of this.#readers.sockets.values()) conn.close();
    await Promise.race([Promise.all(gone), setTimeout(FLUSH_LIMIT_MS)]);
    this.#io.engine.close();
    // Those that do not read would hold the port for another half a minute.
    for (const socket of this.#sockets) socket.destroy();
  }

  async #refusalOf({ handshake, data }: Reader): Promise<ExtendedError | undefined> {
    try {
      const token: unknown = handshake.auth['token'];
      if (typeof token !== 'string')
        throw new CodedError('unauthenticated', 'Send a token: auth: { token }.');
      const { exp } = await this.#options.tokens.verify(token);
      data.goodUntil = (exp + CLOCK_TOLERANCE_S) * 1_000;
      return undefined;
    } catch (error) {
      return refusal(error);
    }
  }

  /** Closes the connection when the token has expired, in a way that clients reconnect from: with a token that is good. */
  #endWithToken(reader: Reader): void {
    const cancel = after(reader.data.goodUntil, () => {
      reader.emit('error', toAckError(hasExpired()));
      reader.conn.close();
    });
    reader.once('disconnect', cancel);
  }

  #serve(reader: Reader): void {
    reader.on('join-room', (payload, answer) => {
      if (typeof answer !== 'function') return;
      answer(
        this.#answered(() => {
          const request = parseOrThrow(joinRoomRequestSchema, payload);
          const room = this.#options.rooms.find(request.roomId);
          // Subscribed and answered in one turn of the event loop: no event is lost or doubled between the two.
          void reader.join(channel(room.id));
          return joinAnswer(room, request, this.#options.bootId);
        }),
      );
    });
    reader.on('leave-room', (payload, answer) => {
      if (typeof answer !== 'function') return;
      answer(
        this.#answered((): LeaveRoomAnswer => {
          const { roomId } = parseOrThrow(leaveRoomRequestSchema, payload);
          void reader.leave(channel(roomId));
          return { ok: true };
        }),
      );
    });
  }

  #answered<Answer>(act: () => Answer): Answer | AckFailure {
    try {
      return act();
    } catch (error) {
      return { ok: false, error: toAckError(this.#coded(error)) };
    }
  }

  #coded(error: unknown): CodedError {
    if (error instanceof CodedError) return error;
    this.#options.log.error('a feed request failed', { error });
    return new CodedError('internal');
  }
}

/** Refuses the messages of a reader that says too much. */
function refuseBeyond(guard: SocketGuard, reader: Reader): void {
  reader.use((message, next) => {
    const { verdict } = guard.next(reader.conn);
    if (verdict === 'serve') {
      next();
      return;
    }
    const answer: unknown = message.at(-1);
    const code = verdict === 'refuse' ? 'rate-limited' : 'payload-too-large';
    if (typeof answer === 'function') {
      (answer as (failure: AckFailure) => void)({ ok: false, error: toAckError(new CodedError(code)) });
    }
  });
}

const REQUESTS: ReadonlySet<unknown> = new Set<keyof ClientEvents>(['join-room', 'leave-room']);

/** Answers what there is no such request for, so that nobody waits for it. */
function refuseUnknown(reader: Pick<Reader, 'use'>): void {
  reader.use(([name, ...values], next) => {
    if (REQUESTS.has(name)) {
      next();
      return;
    }
    const answer: unknown = values.at(-1);
    if (typeof answer === 'function') (answer as (failure: AckFailure) => void)(UNKNOWN_REQUEST);
  });
}

const UNKNOWN_REQUEST: AckFailure = {
  ok: false,
  error: toAckError(new CodedError('route-not-found', 'There is no such request.')),
};

/** Only browsers send an Origin, and no browser has business here. */
function isForeign(request: IncomingMessage): boolean {
  return request.headers.origin !== undefined;
}

/** Socket.IO rooms also carry the ids of sockets: keep calls apart from them. */
function channel(roomId: string): string {
  return `room:${roomId}`;
}

function refusal(error: unknown): ExtendedError {
  const coded = error instanceof CodedError ? error : new CodedError('internal', undefined, { cause: error });
  return Object.assign(new Error(coded.message), { data: toAckError(coded) });
}
