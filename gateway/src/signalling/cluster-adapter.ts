/**
 * Socket.IO's Redis streams adapter on our connection to Redis. By itself it spins, throws where nobody catches it, or
 * holds messages back when Redis goes away; what it gets from us as a client does not: messages to this gateway's own
 * sockets never wait for Redis, those to other gateways are lost while it is away, and reading goes on where it ended.
 */
import { createAdapter } from '@socket.io/redis-streams-adapter';
import type { RedisConnection } from '../store/redis-connection.ts';

/** Messages kept in the stream: what a gateway that hangs for a while can catch up with. */
const STREAM_LENGTH = 5_000;
const READ_AT_ONCE = 200;
/** How long one read waits, milliseconds. */
const BLOCK_MS = 5_000;
/** After a read failed, milliseconds. */
const READ_AGAIN_MS = 100;

type Reader = ReturnType<RedisConnection['another']>;
type Entry = [id: string, fields: string[]];

export interface ClusterAdapter {
  /** For Socket.IO's option of that name. */
  readonly factory: ReturnType<typeof createAdapter>;
  /** The key of the stream. */
  readonly stream: string;
  /** Ends its connections. */
  close(): void;
}

export function clusterAdapter(connection: RedisConnection, prefix: string): ClusterAdapter {
  const stream = `${prefix}messages`;
  const readers: StreamReader[] = [];
  const client = {
    // By this the adapter knows the kind of client.
    sSubscribe: () => undefined,
    duplicate: () => {
      const reader = new StreamReader(connection.another());
      readers.push(reader);
      return reader;
    },
    // Answered at once: a local delivery must not wait for it.
    xAdd: (key: string, id: string, fields: Record<string, string>) => {
      const message = Object.entries(fields).flat();
      const length = ['MAXLEN', '~', String(STREAM_LENGTH)];
      connection.command('XADD', key, ...length, id, ...message).catch(() => undefined);
      return Promise.resolve('');
    },
    publish: (channel: string, payload: Buffer) =>
      connection.command('PUBLISH', channel, payload).catch(() => 0),
    sendCommand: (args: string[]) => connection.command(...args),
  };
  return {
    stream,
    factory: createAdapter(client, {
      streamName: stream,
      channelPrefix: `${prefix}sockets`,
      maxLen: STREAM_LENGTH,
      readCount: READ_AT_ONCE,
      blockTimeInMs: BLOCK_MS,
      onlyPlaintext: true,
    }),
    close: () => {
      for (const reader of readers) reader.disconnect();
    },
  };
}

/** A connection that the adapter reads with. */
class StreamReader {
  readonly #client: Reader;
  /** Where the stream ended when reading began. */
  #start: string | undefined;
  #closed = false;

  constructor(client: Reader) {
    this.#client = client;
  }

  readonly sSubscribe = (): undefined => undefined;

  on(): this {
    return this;
  }

  async connect(): Promise<void> {
    await this.#client.connect().catch(() => undefined);
  }

  async subscribe(channels: string[], listener: (payload: Buffer) => void): Promise<void> {
    await this.#client.subscribe(channels, listener, true).catch(() => undefined);
  }

  /** Never fails and never comes back at once without anything: the adapter asks again immediately. */
  async xRead(
    [from]: [{ key: string; id: string }],
    { COUNT, BLOCK }: { COUNT: number; BLOCK: number },
  ): Promise<[{ messages: { id: string; message: Record<string, string> }[] }] | null> {
    if (this.#closed) return new Promise(() => undefined);
    try {
      // `$` means "from now on" each time it is said: what comes between two reads would be missed.
      const id = from.id === '$' ? (this.#start ??= await this.#end(from.key)) : from.id;
      const counts = ['COUNT', String(COUNT), 'BLOCK', String(BLOCK)];
      const answer = await this.#client.sendCommand(['XREAD', ...counts, 'STREAMS', from.key, id]);
      const [stream] = (answer as unknown as [string, Entry[]][] | null) ?? [];
      if (!stream) return null;
      return [{ messages: stream[1].map(([id, fields]) => ({ id, message: pairs(fields) })) }];
    } catch {
      await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
      return null;
    }
  }

  disconnect(): void {
    this.#closed = true;
    if (this.#client.isOpen) this.#client.destroy();
  }

  async #end(key: string): Promise<string> {
    const [last] = (await this.#client.sendCommand([
      'XREVRANGE',
      key,
      '+',
      '-',
      'COUNT',
      '1',
    ])) as unknown as Entry[];
    return last?.[0] ?? '0-0';
  }
}

function pairs(fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? '']] : [])));
}
