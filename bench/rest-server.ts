/** A media server as a process of its own, and a caller of its REST API. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Pool } from 'undici';
import { signServiceToken } from '@crossfade/service/tokens';
import { startServiceProcess } from '../test/browser/service-process.ts';
import { cpuSeconds } from './processor-time.ts';

export type Send = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
) => Promise<Record<string, unknown>>;

export interface RestServer {
  /** Calls the API; paths start after `/api/`. Throws what it refuses. */
  send: Send;
  url: string;
  /** A service token for it. */
  token: string;
  /** What it has written so far. */
  log: () => string;
  /** Seconds of processor time the Node process has used so far, without its workers. */
  cpuSeconds: () => number;
  /** Resident memory of the Node process and of its workers, bytes. */
  memory: () => Promise<{ node: number; workers: number }>;
  stop: () => Promise<void>;
}

/** @param nodeOptions for Node itself */
export async function startRestServer(nodeOptions: readonly string[] = []): Promise<RestServer> {
  const secret = randomBytes(32).toString('hex');
  let log = '';
  const server = await startServiceProcess(
    'media-server/dist/main.js',
    {
      PORT: '0',
      METRICS_PORT: '0',
      LOG_LEVEL: 'warn',
      MEDIASOUP_WORKERS: '1',
      RTC_BASE_PORT: '0',
      MAX_NEW_ROOMS_PER_SECOND: '10000',
      SERVICE_JWT_SECRET: secret,
    },
    (text) => {
      log += text;
      process.stderr.write(text);
    },
    nodeOptions,
  );
  const token = signServiceToken({ secret, issuer: 'crossfade' }, { subject: 'bench', lifetimeS: 3_600 });
  const pool = new Pool(server.url, { connections: 16 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const send: Send = async (method, path, body) => {
    const answer = await pool.request({
      method,
      path: `/api/${path}`,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(`${path}: ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
  return {
    send,
    url: server.url,
    token,
    log: () => log,
    cpuSeconds: () => cpuSeconds(server.pid),
    memory: async () => {
      const { workers } = (await send('GET', 'node')) as { workers: { up: { pid: number }[] } };
      return {
        node: residentBytes(server.pid),
        workers: workers.up.reduce((sum, { pid }) => sum + residentBytes(pid), 0),
      };
    },
    stop: async () => {
      await pool.close();
      await server.stop();
    },
  };
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
