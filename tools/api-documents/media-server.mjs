/** A media server of its own for the collection, on free ports of the loopback. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 15_000;

/**
 * @param {string} projectRoot Of a project that is built.
 * @returns {Promise<{ url: string, metricsUrl: string, secret: string, stop: () => Promise<void> }>}
 */
export async function startMediaServer(projectRoot) {
  const secret = randomBytes(32).toString('hex');
  const metricsPort = await freePort();
  const child = spawn(process.execPath, [path.join(projectRoot, 'media-server', 'dist', 'main.js')], {
    // Away from an `.env` that somebody has for running it by hand.
    cwd: os.tmpdir(),
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_HOST: '127.0.0.1',
      METRICS_PORT: String(metricsPort),
      RTC_BASE_PORT: '0',
      MEDIASOUP_LISTEN_IP: '127.0.0.1',
      MEDIASOUP_WORKERS: '1',
      SERVICE_JWT_SECRET: secret,
      JWT_ISSUER: 'crossfade',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(limit);
  };

  try {
    return { url: await readyUrl(child, ended), metricsUrl: `http://127.0.0.1:${metricsPort}`, secret, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {Promise<unknown>} ended
 * @returns {Promise<string>}
 */
function readyUrl(child, ended) {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error('The media server was not ready in time.')),
      READY_LIMIT_MS,
    );
    child.on('message', (/** @type {{ url?: string }} */ { url }) => {
      if (url === undefined) return;
      clearTimeout(limit);
      resolve(url);
    });
    void ended.then(() => {
      clearTimeout(limit);
      reject(new Error('The media server ended while it started.'));
    });
  });
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');

  return port;
}
