/** The built product as a user runs it: media server and gateway as processes of their own, on free ports. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Product {
  /** The gateway: the web app, signalling and REST. */
  readonly url: string;
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
/** The first start of the embedded database takes the longest. */
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** Starts both services; both have to be built. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const webRoot = options.webRoot ?? path.join(ROOT, 'web/dist');
  if (!existsSync(path.join(webRoot, 'index.html'))) throw new Error('Build the web app first.');
  const dataDir = await mkdtemp(path.join(tmpdir(), 'crossfade-browser-'));
  const output: string[] = [];
  const services: Service[] = [];
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
    const mediaServer = await startService('media-server', output, {
      ...common,
      RTC_BASE_PORT: '0',
      MEDIASOUP_WORKERS: '1',
      MEDIASOUP_LISTEN_IP: '127.0.0.1',
      ...options.mediaServer,
    });
    services.push(mediaServer);
    const gateway = await startService('gateway', output, {
      ...common,
      USER_JWT_SECRET: randomBytes(32).toString('hex'),
      MEDIA_SERVER_URLS: mediaServer.url,
      DATA_DIR: dataDir,
      WEB_ROOT: webRoot,
      ...options.gateway,
    });
    services.push(gateway);
    return { url: gateway.url, output: () => output.join(''), stop };
  } catch (error) {
    await stop();
    throw new Error(`The product did not start.\n${output.join('')}`, { cause: error });
  }
}

interface Service {
  url: string;
  stop: () => Promise<void>;
}

async function startService(
  name: string,
  output: string[],
  settings: Record<string, string>,
): Promise<Service> {
  const child = spawn(process.execPath, [path.join(ROOT, name, 'dist/main.js')], {
    // A folder without an `.env`: the settings here are all there are.
    cwd: tmpdir(),
    env: { ...process.env, NODE_OPTIONS: '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const keep = (chunk: Buffer) => output.push(chunk.toString());
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await readyUrl(child, name, ended);
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(limit);
    },
  };
}

async function readyUrl(child: ChildProcess, name: string, ended: Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on('message', (message) => {
        if (isReady(message)) resolve(message.url);
      });
      void ended.then(() => reject(new Error(`${name} ended while it started.`)));
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${name} was not ready in time.`));
      }, READY_TIMEOUT_MS);
    });
  } finally {
    clearTimeout(timer);
  }
}

function isReady(message: unknown): message is { type: 'ready'; url: string } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
