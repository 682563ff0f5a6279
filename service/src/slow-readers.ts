/**
 * Gives up Socket.IO clients that do not keep up with what they are sent, before what waits for them becomes a burden:
 * their connection is cut, and they come back and resync as after any other cut. Created and stopped by whoever serves
 * them.
 */
import type { Duplex } from 'node:stream';
import { Backlog, type BacklogLimits, type Eviction } from './backlog.ts';
import type { Log } from './log.ts';

/** Milliseconds between two looks at all readers. */
const LOOK_INTERVAL_MS = 250;

/** A Socket.IO client, as far as its connection goes. */
interface Reader {
  readonly id: string;
  readonly conn: {
    on(
      event: 'packetCreate',
      listener: (packet: { type: string; data?: string | Buffer }) => void,
    ): Reader['conn'];
    on(event: 'flush' | 'heartbeat', listener: () => void): Reader['conn'];
    close(discard: boolean): void;
  };
  readonly request: { readonly socket: Duplex };
  once(event: 'disconnect', listener: () => void): unknown;
}

export interface SlowReadersOptions {
  limits: BacklogLimits;
  log: Log;
  onEvicted: (why: Eviction) => void;
  /** How long a reader took to get to what was sent, milliseconds. */
  onLag: (milliseconds: number) => void;
}

export class SlowReaders {
  readonly #options: SlowReadersOptions;
  readonly #backlogs = new Map<Reader, Backlog>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: SlowReadersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      for (const [reader, backlog] of this.#backlogs) this.#look(reader, backlog);
    }, LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Bytes that wait for the reader that has most. */
  get worstBytes(): number {
    return Math.max(0, ...[...this.#backlogs.values()].map(({ bytes }) => bytes));
  }

  watch(reader: Reader): void {
    const backlog = new Backlog(this.#options.limits);
    this.#backlogs.set(reader, backlog);
    reader.conn
      .on('packetCreate', ({ type, data }) => {
        backlog.queued(data?.length ?? 0);
        if (type === 'ping') backlog.pinged(performance.now());
      })
      .on('flush', () => {
        backlog.flushed();
      })
      .on('heartbeat', () => {
        const lag = backlog.answered(performance.now());
        if (lag !== undefined) this.#options.onLag(lag);
      });
    reader.once('disconnect', () => {
      this.#backlogs.delete(reader);
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(reader: Reader, backlog: Backlog): void {
    const why = backlog.look(performance.now());
    if (why === 'bytes') this.#evict(reader, why);
    if (why === 'lag') {
      // If it was this process that stood still, the answer may lie there unread.
      setImmediate(() => {
        if (backlog.isLagging(performance.now())) this.#evict(reader, why);
      });
    }
  }

  #evict(reader: Reader, why: Eviction): void {
    if (!this.#backlogs.delete(reader)) return;
    this.#options.log.warn('a reader does not keep up and is cut off', {
      reader: reader.id,
      why,
    });
    this.#options.onEvicted(why);
    // A closing handshake would wait behind everything that is not being read, and keep it in memory.
    reader.conn.close(true);
    reader.request.socket.destroy();
  }
}
