/** The built product as a user runs it: media server and gateway as processes of their own, on free ports. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { signServiceToken } from '@crossfade/service/tokens';
import { startServiceProcess, type ServiceProcess } from './service-process.ts';

export interface Product {
  /** The gateway: the web app, signalling and REST. */
  readonly url: string;
  /** Calls the media server's API as a service; paths start after `/api`. */
  readonly mediaServer: (method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) => Promise<unknown>;
  /** The process ids of the media workers. */
  readonly workers: () => Promise<number[]>;
  /** Ends the media server that has this room, as a crash does. */
  readonly killMediaServerOf: (roomId: string) => Promise<void>;
  /** Stops the gateway, and starts it on the same port with the same data. */
  readonly restartGateway: () => Promise<void>;
  /** What both services have written so far, for a failure report. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

export interface ProductOptions {
  /** Settings of the gateway besides those that tests need. */
  gateway?: Record<string, string>;
  mediaServer?: Record<string, string>;
  /** How many there are; 1 by default. */
  mediaServers?: number;
  /** The built web app; `web/dist` by default. */
  webRoot?: string;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Starts both services; both have to be built. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const webRoot = options.webRoot ?? path.join(ROOT, 'web/dist');
  if (!existsSync(path.join(webRoot, 'index.html'))) throw new Error('Build the web app first.');
  const dataDir = await mkdtemp(path.join(tmpdir(), 'crossfade-browser-'));
  const output: string[] = [];
  const mediaServers: ServiceProcess[] = [];
  let gateway: ServiceProcess | undefined;
  const start = (name: string, settings: Record<string, string>) =>
    startServiceProcess(`${name}/dist/main.js`, settings, (text) => output.push(text));
  const stop = async () => {
    await Promise.all([...(gateway ? [gateway] : []), ...mediaServers].map((service) => service.stop()));
    await rm(dataDir, { recursive: true, force: true });
  };
  const common = {
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
    SERVICE_JWT_SECRET: randomBytes(32).toString('hex'),
  };
  try {
    for (let count = options.mediaServers ?? 1; count > 0; count -= 1) {
      const started = await start('media-server', {
        ...common,
        RTC_BASE_PORT: '0',
        MEDIASOUP_WORKERS: '1',
        MEDIASOUP_LISTEN_IP: '127.0.0.1',
        ...options.mediaServer,
      });
      mediaServers.push(started);
    }
    const [mediaServer] = mediaServers as [ServiceProcess];
    const gatewaySettings = {
      ...common,
      USER_JWT_SECRET: randomBytes(32).toString('hex'),
      MEDIA_SERVER_URLS: mediaServers.map(({ url }) => url).join(','),
      DATA_DIR: dataDir,
      WEB_ROOT: webRoot,
      ...options.gateway,
    };
    const firstGateway = await start('gateway', gatewaySettings);
    gateway = firstGateway;
    const key = { secret: common.SERVICE_JWT_SECRET, issuer: 'crossfade' };
    const authorization = `Bearer ${signServiceToken(key, { subject: 'test', lifetimeS: 3_600 })}`;
    const askMediaServer: Product['mediaServer'] = async (method, path, body) => {
      const answer = await fetch(`${mediaServer.url}/api${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${text}`);
      return JSON.parse(text) as unknown;
    };
    const workers = async () => {
      const pid = String(mediaServer.pid);
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      return children.trim().split(/\s+/).map(Number);
    };
    const killMediaServerOf = async (roomId: string) => {
      for (const server of mediaServers) {
        const answer = await fetch(`${server.url}/api/rooms/${roomId}`, { headers: { authorization } }).catch(
          () => null,
        );
        if (answer?.ok === true) {
          server.signal('SIGKILL');
          await server.ended;
          return;
        }
      }
      throw new Error(`No media server has ${roomId}.`);
    };
    const restartGateway = async () => {
      await gateway?.stop();
      gateway = await start('gateway', { ...gatewaySettings, PORT: new URL(firstGateway.url).port });
    };
    return {
      url: firstGateway.url,
      mediaServer: askMediaServer,
      workers,
      killMediaServerOf,
      restartGateway,
      output: () => output.join(''),
      stop,
    };
  } catch (error) {
    await stop();
    throw new Error(`The product did not start.\n${output.join('')}`, { cause: error });
  }
}
