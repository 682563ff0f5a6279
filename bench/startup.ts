/**
 * How long a newcomer waits: a fresh clone in an empty folder, set up with the worker already in the cache, then from
 * `npm start` to ready, the first time (new data folder) and after that.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ms, table } from './statistics.ts';

/** The figures asked for, milliseconds. */
const LIMITS = { setUp: 90_000, ready: 5_000 };
const READY = /^Crossfade is ready/m;

/** Prints a table; tells whether the figures are met. */
export async function benchStartup(): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), 'startup-'));
  try {
    run('git', ['clone', '--quiet', path.resolve(import.meta.dirname, '..'), folder]);
    const setUp = timed(() => run('npm', ['run', '--silent', 'setup'], folder));
    const first = await startToReady(folder);
    const later = await startToReady(folder);
    console.log('\nA fresh clone\n');
    console.log(
      table([
        ['what', 'time', 'limit'],
        ['set-up, worker in the cache', ms(setUp), ms(LIMITS.setUp)],
        ['start to ready, the first time', ms(first), ms(LIMITS.ready)],
        ['start to ready, after that', ms(later), ms(LIMITS.ready)],
      ]),
    );
    return setUp <= LIMITS.setUp && first <= LIMITS.ready && later <= LIMITS.ready;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: string[], cwd?: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed.`);
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

async function startToReady(folder: string): Promise<number> {
  const [gateway, mediaServer, rtc] = [await freePort(), await freePort(), await freePort()];
  const start = performance.now();
  const child = spawn('npm', ['start', '--silent'], {
    cwd: folder,
    // A terminal signals the whole group; so does this.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PORT: String(gateway),
      MEDIA_SERVER_PORT: String(mediaServer),
      RTC_BASE_PORT: String(rtc),
      GATEWAY_METRICS_PORT: '0',
      MEDIA_SERVER_METRICS_PORT: '0',
    },
  });
  const exited = once(child, 'exit');
  let output = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (READY.test(output)) resolve();
    });
  });
  await Promise.race([ready, exited.then(() => Promise.reject(new Error(`npm start ended.\n${output}`)))]);
  const took = performance.now() - start;
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
  await exited;
  return took;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
