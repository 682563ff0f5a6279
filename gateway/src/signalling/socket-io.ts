/** The Socket.IO door: authenticates, acknowledges every request within 5 s, and delivers messages. */
import type { Server as HttpServer } from 'node:http';
import type { Log } from '@crossfade/service/log';
import { verifyUserToken, type TokenKey } from '@crossfade/service/tokens';
import { CodedError, toAckError, type AckFailure, type ErrorCode } from '@crossfade/shared/errors';
import { ACK_TIMEOUT_MS } from '@crossfade/shared/signalling';
import type { UserClaims } from '@crossfade/shared/tokens';
import { Server, type Socket } from 'socket.io';
import type { Message } from '../calls/events.ts';
import type { ClusterAdapter } from './cluster-adapter.ts';
import type { Courier, LocalCourier } from './courier.ts';
import type { Dispatch } from './dispatch.ts';
import type { Door } from './door.ts';
import { isAllowedOrigin } from './origin.ts';

/** Largest message a client may send, bytes: an SDP of 64 KiB and what is around it. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** A silent client is given up after interval + timeout, milliseconds. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 10_000;

export interface SocketIoOptions {
  key: TokenKey;
  allowedOrigins: readonly string[];
  log: Log;
  /** Told of each refused request. */
  onRefused: (code: ErrorCode) => void;
  /** With several gateways: what reaches the sockets of the others, and whether it does now. */
  cluster?: { adapter: ClusterAdapter; reaches: (gatewayId: string) => boolean };
}

type Reply = (answer: object) => void;

export class SocketIoDoor implements Courier, LocalCourier {
  readonly #io: Server;
  readonly #options: SocketIoOptions;

  constructor(server: HttpServer, options: SocketIoOptions) {
    this.#options = options;
    this.#io = new Server(server, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      perMessageDeflate: false,
      allowRequest: (request, give) => {
        give(null, isAllowedOrigin(request.headers.origin, request.headers.host, options.allowedOrigins));
      },
      cors: { origin: [...options.allowedOrigins] },
      ...(options.cluster && { adapter: options.cluster.adapter.factory }),
    });
    this.#io.use((socket, next) => {
      try {
        const { token } = socket.handshake.auth as { token?: unknown };
        if (typeof token !== 'string') throw new CodedError('unauthenticated');
        socket.data = verifyUserToken(token, options.key);
        next();
      } catch (error) {
        const coded =
          error instanceof CodedError
            ? error
            : new CodedError('unauthenticated', undefined, { cause: error });
        next(Object.assign(new Error(coded.message), { data: toAckError(coded) }));
      }
    });
  }

  /** Starts to take requests. */
  serve(dispatch: Dispatch): void {
    this.#io.on('connection', (socket) => {
      const door = doorOf(socket);
      socket.onAny((name: string, ...args: unknown[]) => {
        const last = args.at(-1);
        const reply = typeof last === 'function' ? (last as Reply) : undefined;
        void this.#request(dispatch, door, name, args[0], reply);
      });
      socket.on('disconnect', () => {
        dispatch.disconnected(door).catch((error: unknown) => {
          this.#options.log.error('disconnect was not handled', { error });
        });
      });
    });
  }

  get connections(): number {
    return this.#io.of('/').sockets.size;
  }

  send(callId: string, participantId: string, { name, payload }: Message): void {
    this.#io.to(participantRoom(callId, participantId)).emit(name, payload);
  }

  broadcast(callId: string, except: string | null, { name, payload }: Message): void {
    const others = except === null ? this.#io : this.#io.except(participantRoom(callId, except));
    others.to(callRoom(callId)).emit(name, payload);
  }

  sendHere(callId: string, participantId: string, { name, payload }: Message): void {
    this.#io.local.to(participantRoom(callId, participantId)).emit(name, payload);
  }

  broadcastHere(callId: string, except: string | null, { name, payload }: Message): void {
    const others = except === null ? this.#io.local : this.#io.local.except(participantRoom(callId, except));
    others.to(callRoom(callId)).emit(name, payload);
  }

  reaches(gatewayId: string): boolean {
    return this.#options.cluster?.reaches(gatewayId) ?? true;
  }

  release(callId: string, participantId: string, socketId: string, message?: Message): void {
    const socket = this.#io.of('/').sockets.get(socketId);
    if (!socket) return;
    const { name, payload } = message ?? { name: 'session:replaced', payload: { callId } };
    socket.emit(name, payload);
    doorOf(socket).detach(callId, participantId);
  }

  async close(): Promise<void> {
    // Only ours: without `local` the sockets of all gateways would be closed.
    this.#io.local.disconnectSockets(true);
    await this.#io.close();
    this.#options.cluster?.adapter.close();
  }

  async #request(
    dispatch: Dispatch,
    door: Door,
    name: string,
    payload: unknown,
    reply: Reply | undefined,
  ): Promise<void> {
    const limit = new AbortController();
    try {
      const answer = await Promise.race([dispatch.handle(door, name, payload), timeout(limit.signal)]);
      reply?.({ ok: true, ...answer });
    } catch (error) {
      reply?.(this.#failure(name, error));
    } finally {
      limit.abort();
    }
  }

  #failure(name: string, error: unknown): AckFailure {
    const coded =
      error instanceof CodedError ? error : new CodedError('internal', undefined, { cause: error });
    this.#options.onRefused(coded.code);
    if (coded.code === 'internal') this.#options.log.error('request failed', { name, error: coded.cause });
    return { ok: false, error: toAckError(coded) };
  }
}

/** Leaves time for the answer to travel within the client's own limit. */
const ANSWER_LIMIT_MS = ACK_TIMEOUT_MS - 200;

function timeout(cancelled: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new CodedError('timeout')), ANSWER_LIMIT_MS);
    cancelled.addEventListener('abort', () => clearTimeout(timer));
  });
}

const callRoom = (callId: string) => `call/${callId}`;
const participantRoom = (callId: string, participantId: string) => `participant/${callId}/${participantId}`;

const doors = new WeakMap<Socket, Door>();

function doorOf(socket: Socket): Door {
  const existing = doors.get(socket);
  if (existing) return existing;
  const joined = new Map<string, string>();
  const door: Door = {
    socketId: socket.id,
    claims: socket.data as UserClaims,
    joined,
    isOpen: () => socket.connected,
    attach(callId, participantId) {
      joined.set(callId, participantId);
      void socket.join([callRoom(callId), participantRoom(callId, participantId)]);
    },
    detach(callId, participantId) {
      joined.delete(callId);
      void socket.leave(callRoom(callId));
      void socket.leave(participantRoom(callId, participantId));
    },
    // Not `socket.disconnect()`, after which clients do not come back.
    drop: () => socket.conn.close(),
  };
  doors.set(socket, door);
  return door;
}
