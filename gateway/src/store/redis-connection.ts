/**
 * A connection to Redis that fails at once when Redis is away, so that whoever asks can be told: nothing is queued until
 * it is back, and no command is waited for longer than a moment. It connects again by itself.
 */
import { createHash } from 'node:crypto';
import { createClient } from '@redis/client';
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';

/** No command is waited for longer, milliseconds: a join is answered within 300 whatever becomes of Redis. */
const COMMAND_LIMIT_MS = 250;
const CONNECT_LIMIT_MS = 1_000;
/** Between two attempts to connect, milliseconds; jittered, so that gateways do not come all at once. */
const RECONNECT_MIN_MS = 50;
const RECONNECT_SPREAD_MS = 250;

type Client = ReturnType<typeof newClient>;

function newClient(url: string, disableOfflineQueue: boolean) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue,
    // What managed Redis services announce of their maintenance: a plain server answers it with an error.
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: CONNECT_LIMIT_MS,
      reconnectStrategy: () => RECONNECT_MIN_MS + Math.random() * RECONNECT_SPREAD_MS,
    },
  });
}

/** A Lua script: sent once, then named by its hash. */
export class Script {
  readonly text: string;
  readonly sha: string;

  constructor(text: string) {
    this.text = text;
    this.sha = createHash('sha1').update(text).digest('hex');
  }
}

export interface RedisMonitor {
  /** A command failed or was not answered in time. */
  failed: () => void;
}

export class RedisConnection {
  readonly #url: string;
  readonly #log: Log;
  readonly #client: Client;
  readonly #failed: () => void;
  readonly #listeners = new Set<() => void>();
  #trouble: 'away' | 'refused' | undefined;

  /** Starts to connect; a Redis that is not there yet is tried again until it is. */
  constructor(url: string, log: Log, monitor?: RedisMonitor) {
    this.#url = url;
    this.#log = log;
    this.#failed = monitor?.failed ?? (() => undefined);
    this.#client = newClient(url, true);
    this.#client.on('error', (error: Error) => {
      const trouble = isRefusal(error) ? 'refused' : 'away';
      if (this.#trouble === trouble) return;
      this.#trouble = trouble;
      const message = trouble === 'refused' ? 'REDIS_URL: its user or password is refused' : 'Redis is away';
      log.error(message, { reason: error.message });
    });
    this.#client.on('ready', () => {
      if (this.#trouble) log.info('Redis is back');
      this.#trouble = undefined;
      for (const listener of this.#listeners) listener();
    });
    this.#client.connect().catch((error: unknown) => {
      log.debug('Redis was never reached', { error });
    });
  }

  get ready(): boolean {
    return this.#client.isReady;
  }

  /** Calls back each time it is connected, from now on. */
  onReady(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Waits for the first connection, at most `limitMs`. @returns whether there is one */
  async connected(limitMs: number): Promise<boolean> {
    if (this.ready) return true;
    return new Promise((resolve) => {
      const finish = (is: boolean) => {
        clearTimeout(limit);
        this.#listeners.delete(yes);
        resolve(is);
      };
      const yes = () => finish(true);
      const limit = setTimeout(() => finish(false), limitMs);
      this.#listeners.add(yes);
    });
  }

  /** @throws CodedError `call-store-unavailable` if Redis is away, silent, or refuses it */
  async command(...args: (string | Buffer)[]): Promise<unknown> {
    try {
      return await inTime(this.#client.sendCommand(args));
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  /** Runs a script. @throws CodedError `call-store-unavailable` */
  async run({ sha, text }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await inTime(
        this.#client.sendCommand(['EVALSHA', sha, ...rest]).catch((error: unknown) => {
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          return this.#client.sendCommand(['EVAL', text, ...rest]);
        }),
      );
    } catch (cause) {
      throw this.#unavailable(cause);
    }
  }

  /** A further connection, for what blocks or listens: it waits for Redis. To be ended by whoever asked for it. */
  another(): Client {
    const client = newClient(this.#url, false);
    client.on('error', () => undefined);
    return client;
  }

  close(): void {
    this.#listeners.clear();
    if (this.#client.isOpen) this.#client.destroy();
  }

  #unavailable(cause: unknown): CodedError {
    this.#failed();
    this.#log.debug('a Redis command failed', { error: cause });
    return new CodedError('call-store-unavailable', undefined, { cause });
  }
}

/** Redis is there, and does not let this gateway in: that does not pass by itself. */
function isRefusal({ message }: Error): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM)\b|^ERR (AUTH|invalid password)\b|without any password configured/.test(
    message,
  );
}

async function inTime<T>(command: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // This process may have been busy itself: an answer that has already arrived counts.
      setImmediate(() => reject(new Error('Redis did not answer in time')));
    }, COMMAND_LIMIT_MS);
  });
  try {
    return await Promise.race([command, limit]);
  } finally {
    clearTimeout(timer);
    command.catch(() => undefined);
  }
}
