/** What the feed puts up with from one connection: so many messages, in so many pieces. */
import type { Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { CodedError, toAckError, type AckFailure } from '@crossfade/shared/errors';
import type { Server, Socket } from 'socket.io';
import { FEED_ALLOWANCE, fullAllowance, spend, type Verdict } from './allowance.ts';

/** Pieces one WebSocket message may come in: what readers send fits into one. A flood of tiny ones would eat memory. */
const MAX_FRAGMENTS = 16;
/** Chunks of a message that is not complete. */
const MAX_BUFFERED_CHUNKS = 64;

/** Milliseconds the reason for closing gets to arrive. */
const FAREWELL_MS = 1_000;

type Connection = Socket['conn'];

/** Counts the messages of every connection, and closes one that goes far beyond its allowance. */
export class FeedGuard {
  /** About the message that is being handled. */
  readonly #verdicts = new WeakMap<Connection, Verdict>();

  constructor(io: Server, server: HttpServer) {
    limitFragments(io);
    // engine.io begins anew when the server listens.
    server.on('listening', () => {
      limitFragments(io);
    });
    io.engine.on('connection', (connection: Connection) => {
      let allowance = fullAllowance(FEED_ALLOWANCE, performance.now());
      connection.on('packet', () => {
        const spent = spend(allowance, FEED_ALLOWANCE, performance.now());
        allowance = spent.allowance;
        this.#verdicts.set(connection, spent.verdict);
        if (spent.verdict === 'close') connection.close(true);
      });
      connection.once('close', (reason: string) => {
        if (BROKEN.has(reason)) stopListening(connection.request.socket);
      });
    });
  }

  /** Refuses the messages of a reader that says too much. */
  watch(reader: Pick<Socket, 'conn' | 'use'>): void {
    reader.use((message, next) => {
      if (this.#verdicts.get(reader.conn) !== 'refuse') {
        next();
        return;
      }
      const answer: unknown = message.at(-1);
      if (typeof answer === 'function') (answer as (failure: AckFailure) => void)(RATE_LIMITED);
    });
  }
}

/** Why a connection is closed on which there is nonsense. */
const BROKEN = new Set(['parse error', 'transport error']);

/** ws would read on, and throw away, for half a minute: whatever else comes stays with the sender. */
function stopListening(socket: Duplex): void {
  // After ws, which goes on reading once it has told.
  setImmediate(() => socket.pause());
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}

const RATE_LIMITED: AckFailure = { ok: false, error: toAckError(new CodedError('rate-limited')) };

/** ws has limits for this that engine.io has no option for; it looks at them with each new connection. */
function limitFragments(io: Server): void {
  const { ws } = io.engine as unknown as { ws: { options: Record<string, unknown> } };
  ws.options['maxFragments'] = MAX_FRAGMENTS;
  ws.options['maxBufferedChunks'] = MAX_BUFFERED_CHUNKS;
}
