/** The Socket.IO door: authenticates, acknowledges every request within 5 s, and delivers messages. */
import type { Server as HttpServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { SlowReaders } from '@crossfade/service/slow-readers';
import { SocketGuard, type Connection } from '@crossfade/service/socket-guard';
import { CodedError, toAckError, type AckFailure } from '@crossfade/shared/errors';
import { Server, type Socket } from 'socket.io';
import type { Message } from '../calls/events.ts';
import { isTooLarge } from '../limits/budgets.ts';
import { withinAnswerLimit } from './answer-limit.ts';
import { callRoom, participantRoom } from './call-rooms.ts';
import type { ClusterAdapter } from './cluster-adapter.ts';
import type { Courier, LocalCourier } from './courier.ts';
import type { Dispatch } from './dispatch.ts';
import type { Door, DoorOptions } from './door.ts';
import type { Visitor } from './entrance.ts';
import { Guests } from './guests.ts';
import { MESSAGE_BOUNDS } from './message-bounds.ts';
import { isAllowedOrigin } from './origin.ts';
import { onExpiry } from './until-expiry.ts';
import { refuseForeignUpgrades } from './upgrades.ts';

/** Largest message a client may send, bytes: an SDP of 64 KiB and what is around it. */
const MAX_MESSAGE_BYTES = 128 * 1024;
/** A silent client is given up after interval + timeout, milliseconds. */
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 10_000;

/** How long a stop waits for connections to be closed, milliseconds: one that hangs must not cost what comes after. */
const CLOSE_LIMIT_MS = 2_000;
/** Milliseconds a connection may take to join the namespace with its token. */
const CONNECT_LIMIT_MS = 10_000;

export interface SocketIoOptions extends DoorOptions {
  /** With several gateways: what reaches the sockets of the others, and whether it does now. */
  cluster?: { adapter: ClusterAdapter; reaches: (gatewayId: string) => boolean };
}

type Reply = (answer: object) => void;

export class SocketIoDoor implements Courier, LocalCourier {
  readonly #io: Server;
  readonly #options: SocketIoOptions;
  readonly #guard: SocketGuard;
  readonly #slowReaders: SlowReaders;
  readonly #sockets = new WeakMap<Connection, Socket>();
  /** Clients of another door, to whom everything is delivered as well. */
  readonly guests: Guests;

  constructor(server: HttpServer, options: SocketIoOptions) {
    this.#options = options;
    refuseForeignUpgrades(server, '/socket.io/', options.allowedOrigins);
    this.#io = new Server(server, {
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      connectTimeout: CONNECT_LIMIT_MS,
      perMessageDeflate: false,
      // What is not for Socket.IO is for another door.
      destroyUpgrade: false,
      allowRequest: (request, give) => {
        give(null, isAllowedOrigin(request.headers.origin, request.headers.host, options.allowedOrigins));
      },
      cors: { origin: [...options.allowedOrigins] },
      ...(options.cluster && { adapter: options.cluster.adapter.factory }),
    });
    this.guests = new Guests(this.#io);
    this.#guard = new SocketGuard(this.#io, server, {
      namespace: '/',
      allowance: options.allowance,
      bounds: MESSAGE_BOUNDS,
      onFlood: (connection) => {
        const socket = this.#sockets.get(connection);
        if (socket) this.#end(socket, new CodedError('rate-limited'), 'for-good');
        else connection.close(true);
      },
    });
    this.#slowReaders = new SlowReaders({
      // Whether a client is there at all is seen by its answers to pings.
      limits: { bytes: options.backlogBytes, lagMs: Infinity },
      log: options.log,
      onEvicted: options.onEvicted,
      onLag: () => undefined,
    });
    this.#io.use((socket, next) => {
      const { token } = socket.handshake.auth as { token?: unknown };
      options.entrance.enter(socket.request, token).then(
        (visitor) => {
          socket.data = visitor;
          // Also when it never gets as far as a connection.
          socket.conn.once('close', visitor.leave);
          if (socket.conn.readyState === 'closed') visitor.leave();
          next();
        },
        (error: unknown) => {
          const coded = error instanceof CodedError ? error : new CodedError('internal');
          next(Object.assign(new Error(coded.message), { data: toAckError(coded) }));
        },
      );
    });
  }

  /** Starts to take requests. */
  serve(dispatch: Dispatch): void {
    this.#io.on('connection', (socket) => {
      const door = doorOf(socket);
      this.#sockets.set(socket.conn, socket);
      this.#slowReaders.watch(socket);
      this.#endWithToken(socket);
      // Socket.IO also lets through numbers as names, and events of no name at all.
      socket.onAny((given: unknown, ...args: unknown[]) => {
        const name = typeof given === 'string' ? given : '';
        const last = args.at(-1);
        const reply = typeof last === 'function' ? (last as Reply) : undefined;
        const refusal = this.#refusalOf(socket, name);
        if (refusal) reply?.(this.#failure(name, refusal));
        else void this.#request(dispatch, door, name, args[0], reply);
      });
      socket.on('disconnect', () => {
        dispatch.disconnected(door).catch((error: unknown) => {
          this.#options.log.error('disconnect was not handled', { error });
        });
      });
    });
  }

  /** Of all doors. */
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
    const guest = this.guests.get(socketId);
    const socket = guest ? undefined : this.#io.of('/').sockets.get(socketId);
    const last = message ?? { name: 'session:replaced', payload: { callId } };
    guest?.deliver(last);
    socket?.emit(last.name, last.payload);
    // If it is neither, it is at another gateway, which hears of the same.
    (guest?.door ?? (socket && doorOf(socket)))?.detach(callId, participantId);
  }

  async close(): Promise<void> {
    this.#slowReaders.stop();
    // Only ours: without `local` the sockets of all gateways would be closed.
    this.#io.local.disconnectSockets(true);
    await Promise.race([this.#io.close(), setTimeout(CLOSE_LIMIT_MS, undefined, { ref: false })]);
    this.#options.cluster?.adapter.close();
  }

  /** What is wrong with the event that is being handled, whatever it asks for; asked once for each. */
  #refusalOf({ conn }: Socket, name: string): CodedError | undefined {
    const { verdict, bytes } = this.#guard.next(conn);
    if (verdict === 'refuse') return new CodedError('rate-limited');
    if (verdict === 'too-large' || isTooLarge(name, bytes)) return new CodedError('payload-too-large');
    return undefined;
  }

  /** A token that is over is good for nothing: the client comes back with a fresh one, and resumes. */
  #endWithToken(socket: Socket): void {
    const cancel = onExpiry((socket.data as Visitor).claims, () => {
      this.#end(socket, new CodedError('unauthenticated', 'The token has expired.'), 'to-come-back');
    });
    socket.once('disconnect', cancel);
  }

  /** Tells a client why, and closes its connection; Socket.IO's clients do not come back by themselves from `for-good`. */
  #end(socket: Socket, why: CodedError, how: 'for-good' | 'to-come-back'): void {
    socket.emit('connection:closing', { error: toAckError(why) });
    this.#options.onClosed(socket.data as Visitor, why.code);
    if (how === 'for-good') socket.disconnect(true);
    else socket.conn.close();
  }

  async #request(
    dispatch: Dispatch,
    door: Door,
    name: string,
    payload: unknown,
    reply: Reply | undefined,
  ): Promise<void> {
    try {
      const answer = await withinAnswerLimit(dispatch.handle(door, name, payload));
      reply?.({ ok: true, ...answer });
    } catch (error) {
      reply?.(this.#failure(name, error));
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

const doors = new WeakMap<Socket, Door>();

function doorOf(socket: Socket): Door {
  const existing = doors.get(socket);
  if (existing) return existing;
  const joined = new Map<string, string>();
  const { claims, address } = socket.data as Visitor;
  const door: Door = {
    socketId: socket.id,
    claims,
    address,
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
