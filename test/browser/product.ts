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
  /** What both services have written so far, for a failure report. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

export interface ProductOptions {
  /** Settings of the gateway besides those that tests need. */
  gateway?: Record<string, string>;
  mediaServer?: Record<string, string>;
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
  const services: ServiceProcess[] = [];
  const start = (name: string, settings: Record<string, string>) =>
    startServiceProcess(`${name}/dist/main.js`, settings, (text) => output.push(text));
  const stop = async () => {
    await Promise.all(services.reverse().map((service) => service.stop()));
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
    const mediaServer = await start('media-server', {
      ...common,
      RTC_BASE_PORT: '0',
      MEDIASOUP_WORKERS: '1',
      MEDIASOUP_LISTEN_IP: '127.0.0.1',
      ...options.mediaServer,
    });
    services.push(mediaServer);
    const gateway = await start('gateway', {
      ...common,
      USER_JWT_SECRET: randomBytes(32).toString('hex'),
      MEDIA_SERVER_URLS: mediaServer.url,
      DATA_DIR: dataDir,
      WEB_ROOT: webRoot,
      ...options.gateway,
    });
    services.push(gateway);
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
    return { url: gateway.url, mediaServer: askMediaServer, workers, output: () => output.join(''), stop };
  } catch (error) {
    await stop();
    throw new Error(`The product did not start.\n${output.join('')}`, { cause: error });
  }
}
