/** The plain WebSocket door, `/ws`: push-to-talk for radios and light clients. The same core as Socket.IO's. */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse } from '@crossfade/service/problems';
import { CodedError } from '@crossfade/shared/errors';
import { MAX_PTT_FRAME_BYTES } from '@crossfade/shared/ptt';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import type { Dispatch } from '../dispatch.ts';
import type { DoorOptions } from '../door.ts';
import type { Entrance, Visitor } from '../entrance.ts';
import type { Guests } from '../guests.ts';
import { isAllowedOrigin } from '../origin.ts';
import { onExpiry } from '../until-expiry.ts';
import type { Channels } from './channels.ts';
import { CLOSE, Connection } from './connection.ts';
import { chosenProtocol, offeredToken } from './offered-token.ts';
import { Session } from './session.ts';

const PATH = '/ws';
/** What Socket.IO takes; without the slash it would be nobody's. */
const OTHER_PATH = '/socket.io/';

/** How often clients are pinged, milliseconds. */
const PING_INTERVAL_MS = 30_000;
/** Pieces one message may come in: what clients send fits into one. A flood of tiny ones would eat memory. */
const MAX_FRAGMENTS = 16;
/** Chunks of a message that is not complete. */
const MAX_BUFFERED_CHUNKS = 64;

export interface WsDoorOptions extends Omit<DoorOptions, 'entrance'> {
  entrance: Pick<Entrance, 'enter'>;
  /** Where clients are told what is sent to calls. */
  guests: Pick<Guests, 'admit'>;
  channels: Channels;
  dispatch: Pick<Dispatch, 'admit' | 'handle' | 'disconnected'>;
  /** How often clients are pinged, milliseconds. */
  pingIntervalMs?: number;
}

export class WsDoor {
  readonly #options: WsDoorOptions;
  readonly #server: WebSocketServer;
  readonly #connections = new Map<Connection, Promise<void>>();
  #closing = false;

  constructor(server: HttpServer, options: WsDoorOptions) {
    this.#options = options;
    // Its types do not know the limits on pieces.
    const limits: ServerOptions & { maxFragments: number; maxBufferedChunks: number } = {
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_PTT_FRAME_BYTES,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
      perMessageDeflate: false,
      handleProtocols: chosenProtocol,
    };
    this.#server = new WebSocketServer(limits);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Whoever hangs up meanwhile may do so in any way.
      socket.on('error', () => undefined);
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        const coded =
          error instanceof CodedError ? error : new CodedError('internal', undefined, { cause: error });
        if (coded.code === 'internal') options.log.error('upgrade failed', { error });
        if (socket.writable) refuse(socket, coded, request);
      });
    });
  }

  /** Ends all connections, and waits until they are gone. To be called before Socket.IO's door is closed. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const connection of this.#connections.keys())
      connection.end(new CodedError('shutting-down'), CLOSE.goingAway);
    await Promise.all(this.#connections.values());
    this.#server.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { entrance, allowedOrigins } = this.#options;
    const { url = '', headers } = request;
    const [path] = url.split('?', 1);
    if (path !== PATH) {
      if (url.startsWith(OTHER_PATH)) return;
      throw new CodedError('route-not-found');
    }
    if (!isAllowedOrigin(headers.origin, headers.host, allowedOrigins))
      throw new CodedError('forbidden', 'Pages of this origin may not connect.');
    this.#mustBeServing();
    const visitor = await entrance.enter(request, offeredToken(headers, url));
    try {
      this.#mustBeServing();
      // Where it finds that this is no proper WebSocket handshake it answers 400 and gives no client.
      socket.once('close', visitor.leave);
      if (socket.destroyed) visitor.leave();
      else this.#server.handleUpgrade(request, socket, head, (web) => this.#admit(web, visitor));
    } catch (error) {
      visitor.leave();
      throw error;
    }
  }

  #mustBeServing(): void {
    if (this.#closing) throw new CodedError('shutting-down');
  }

  #admit(web: WebSocket, visitor: Visitor): void {
    const { allowance, backlogBytes, log, onClosed, onEvicted, onRefused } = this.#options;
    const gone = new Promise<void>((resolve) => web.once('close', () => resolve()));
    const connection = new Connection(web, {
      allowance,
      backlogBytes,
      pingIntervalMs: this.#options.pingIntervalMs ?? PING_INTERVAL_MS,
      onFrame: (text, verdict) => session.received(text, verdict),
      onEnding: ({ code }) => {
        if (code !== 'shutting-down') onClosed(visitor, code);
      },
      onEvicted: (why) => {
        log.warn('a client does not keep up and is cut off', { reader: session.door.socketId, why });
        onEvicted(why);
      },
      onClosed: () => {
        cancel();
        this.#connections.delete(connection);
        session.closed().catch((error: unknown) => log.error('disconnect was not handled', { error }));
      },
    });
    const session = new Session(visitor, connection, {
      ...this.#options,
      onRefused: (code, request, error) => {
        onRefused(code);
        if (code === 'internal') log.error('request failed', { name: request, error });
      },
    });
    const cancel = onExpiry(visitor.claims, () => {
      connection.end(new CodedError('unauthenticated', 'The token has expired.'), CLOSE.policy);
    });
    this.#connections.set(connection, gone);
  }
}
