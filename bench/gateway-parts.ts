/** Media server and gateways as processes of their own, and clients that speak the signalling without media. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signUserToken } from '@crossfade/service/tokens';
import type {
  Ack,
  ClientAnswer,
  ClientRequest,
  ClientRequestName,
  ServerEvent,
  ServerEventName,
} from '@crossfade/shared/signalling';
import { io, type Socket } from 'socket.io-client';
import { startServiceProcess, type ServiceProcess } from '../test/browser/service-process.ts';

const REQUEST_LIMIT_MS = 10_000;
const MAX_TRIES = 5;
const RETRY_AFTER_MS = 100;

export const secrets = {
  SERVICE_JWT_SECRET: randomBytes(32).toString('hex'),
  USER_JWT_SECRET: randomBytes(32).toString('hex'),
};
export const serviceKey = { secret: secrets.SERVICE_JWT_SECRET, issuer: 'crossfade' };
const userKey = { secret: secrets.USER_JWT_SECRET, issuer: 'crossfade' };

/** A benchmark asks as fast as it can, and all of it comes from one address. */
const limits = Object.fromEntries(
  ['CONNECTIONS_PER_MINUTE', 'JOINS_PER_MINUTE', 'SIGNALS_PER_SECOND', 'MEDIA_REQUESTS_PER_SECOND']
    .concat('REQUESTS_PER_SECOND', 'SOCKETS_PER_ADDRESS', 'SOCKET_MESSAGES_PER_SECOND')
    .map((name) => [`MAX_${name}`, '100000']),
);

const common = { ...secrets, PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'warn' };
type Heard = (text: string) => void;
const print: Heard = (text) => void process.stderr.write(text);

/** @param heard called with what it writes */
export function startMediaServerProcess(
  settings: Record<string, string> = {},
  heard = print,
): Promise<ServiceProcess> {
  const own = { MEDIASOUP_WORKERS: '1', RTC_BASE_PORT: '0', MAX_NEW_ROOMS_PER_SECOND: '10000' };
  return startServiceProcess('media-server/dist/main.js', { ...common, ...own, ...settings }, heard);
}

/** @param heard called with what it writes */
export async function startGateway(settings: Record<string, string>, heard = print): Promise<ServiceProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crossfade-bench-'));
  const own = { ...limits, WEB_ROOT: 'none', DATA_DIR: folder };
  const gateway = await startServiceProcess(
    'gateway/dist/main.js',
    { ...common, ...own, ...settings },
    heard,
  );
  const stop = async () => {
    await gateway.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...gateway, stop };
}

export const userToken = (name: string, claims: Partial<Parameters<typeof signUserToken>[1]> = {}): string =>
  signUserToken(userKey, { sub: name, name, ...claims }, 3_600);

export class BenchClient {
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static async connect(
    url: string,
    name: string,
    claims: Partial<Parameters<typeof signUserToken>[1]> = {},
  ): Promise<BenchClient> {
    const socket = io(url, {
      transports: ['websocket'],
      auth: { token: userToken(name, claims) },
      reconnection: false,
      forceNew: true,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    return new BenchClient(socket);
  }

  ask<N extends ClientRequestName>(name: N, payload: ClientRequest<N>): Promise<Ack<ClientAnswer<N>>> {
    return this.socket.timeout(REQUEST_LIMIT_MS).emitWithAck(name, payload) as Promise<Ack<ClientAnswer<N>>>;
  }

  /** How often a request was made again because the gateway said that this can help. */
  retries = 0;

  /** The answer. Throws what is refused for good. */
  async must<N extends ClientRequestName>(name: N, payload: ClientRequest<N>): Promise<ClientAnswer<N>> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.ask(name, payload);
      if (answer.ok) return answer;
      if (!answer.error.retryable || tries === MAX_TRIES) throw new Error(`${name}: ${answer.error.code}`);
      this.retries += 1;
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS));
    }
  }

  on<N extends ServerEventName>(name: N, hear: (event: ServerEvent<N>) => void): void {
    const { socket }: { socket: { on(event: string, listener: (payload: never) => void): unknown } } = this;
    socket.on(name, hear);
  }

  close(): void {
    this.socket.disconnect();
  }
}
