/**
 * What a Socket.IO server puts up with from one connection: so many messages, in so many pieces, of text and not nested
 * too deep. Created by whoever serves the connections, once for each server.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { fullAllowance, spend, type AllowanceLimits } from './allowance.ts';
import { beyondBounds, type JsonBounds } from './json-bounds.ts';

/** Pieces one WebSocket message may come in: what clients send fits into one. A flood of tiny ones would eat memory. */
const MAX_FRAGMENTS = 16;
/** Chunks of a message that is not complete. */
const MAX_BUFFERED_CHUNKS = 64;

/** Milliseconds the reason for closing gets to arrive. */
const FAREWELL_MS = 1_000;

/** Below Socket.IO: engine.io's connection. */
export interface Connection {
  readonly request: IncomingMessage;
  on(event: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  once(event: 'close', listener: (reason: string) => void): unknown;
  close(discard?: boolean): void;
}

/** A Socket.IO server, as far as this goes. */
interface SocketServer {
  readonly engine: { on(event: 'connection', listener: (connection: Connection) => void): unknown };
}

/** What becomes of a message: `too-large` is one that is nested too deep or has lists that are too long. */
export type MessageVerdict = 'serve' | 'refuse' | 'too-large';

export interface SocketGuardOptions {
  /** The one that is served. */
  namespace: string;
  /** Messages of one connection. */
  allowance: AllowanceLimits;
  /** Of what messages carry. */
  bounds: JsonBounds;
  /** Tells and closes a connection that goes on when it is refused; without it, it is closed without a word. */
  onFlood?: (connection: Connection) => void;
}

/** About one event. */
export interface Seen {
  verdict: MessageVerdict;
  bytes: number;
}

export class SocketGuard {
  /** Of each connection, in order: many can come at once, before the first of them is handled. */
  readonly #seen = new WeakMap<object, Seen[]>();

  constructor(
    io: SocketServer,
    server: HttpServer,
    { namespace, allowance: limits, bounds, onFlood }: SocketGuardOptions,
  ) {
    limitFragments(io);
    // engine.io begins anew when the server listens.
    server.on('listening', () => {
      limitFragments(io);
    });
    const isEvent = eventOf(namespace);
    io.engine.on('connection', (connection) => {
      const seen: Seen[] = [];
      this.#seen.set(connection, seen);
      let allowance = fullAllowance(limits, performance.now());
      let flooded = false;
      connection.on('packet', ({ type, data }) => {
        const spent = spend(allowance, limits, performance.now());
        allowance = spent.allowance;
        const { verdict } = spent;
        if (verdict === 'close' && !flooded) {
          flooded = true;
          if (onFlood) onFlood(connection);
          else connection.close(true);
        }
        if (type !== 'message') return;
        if (isBinary(data)) {
          connection.close(true);
          return;
        }
        if (!isEvent.test(data)) return;
        const bytes = Buffer.from(data);
        const fits = beyondBounds(bytes, bounds) === undefined;
        seen.push({
          verdict: verdict !== 'serve' ? 'refuse' : fits ? 'serve' : 'too-large',
          bytes: bytes.length,
        });
      });
      connection.once('close', (reason) => {
        if (BROKEN.has(reason)) stopListening(connection.request.socket);
      });
    });
  }

  /** About the event that is being handled: to be asked once for each event of the namespace, in their order. */
  next(connection: object): Seen {
    return this.#seen.get(connection)?.shift() ?? { verdict: 'refuse', bytes: 0 };
  }
}

/** An event of this namespace, as Socket.IO writes it: `2["name"]`, `2/feed,17["name"]`. */
function eventOf(namespace: string): RegExp {
  const escaped = namespace.replaceAll(/[^\w/]/g, String.raw`\$&`);
  return new RegExp(namespace === '/' ? '^2(?!/)|^2/(?:,|$)' : `^2${escaped}(?:,|$)`);
}

/** Nothing here has attachments; a client that announces some would have its message kept until they come. */
function isBinary(data: unknown): data is Exclude<unknown, string> {
  return typeof data !== 'string' || data.startsWith(BINARY_EVENT) || data.startsWith(BINARY_ACK);
}

/** Types of Socket.IO packets (protocol, revision 5). */
const BINARY_EVENT = '5';
const BINARY_ACK = '6';

/** Why a connection is closed on which there is nonsense. */
const BROKEN = new Set(['parse error', 'transport error']);

/** ws would read on, and throw away, for half a minute: whatever else comes stays with the sender. */
function stopListening(socket: Duplex): void {
  // After ws, which goes on reading once it has told.
  setImmediate(() => socket.pause());
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}

/** ws has limits for this that engine.io has no option for; it looks at them with each new connection. */
function limitFragments(io: SocketServer): void {
  const { ws } = io.engine as unknown as { ws: { options: Record<string, unknown> } };
  ws.options['maxFragments'] = MAX_FRAGMENTS;
  ws.options['maxBufferedChunks'] = MAX_BUFFERED_CHUNKS;
}
