import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { startServices } from './services.mjs';

/** A service that follows the protocol, and has a child as a media server has workers. */
const WELL_BEHAVED = `
  const { spawn } = require('node:child_process');
  const worker = spawn('sleep', ['600'], { stdio: 'ignore' });
  console.log('worker ' + worker.pid);
  process.on('SIGINT', () => { console.log('stopping'); worker.kill(); process.exit(0); });
  process.on('disconnect', () => { worker.kill(); process.exit(0); });
  process.send({ type: 'ready', url: 'http://127.0.0.1:1' });
`;

let folder = '';
/** @type {string[]} */
let lines = [];
/** @type {import('./services.mjs').RunningServices | undefined} */
let running;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-services-'));
  lines = [];
});

afterEach(async () => {
  running?.kill();
  await running?.stop();
  fs.rmSync(folder, { recursive: true });
});

/**
 * @param {Record<string, string>} sources
 * @param {{ readyTimeoutMs?: number, stopTimeoutMs?: number }} [limits]
 */
function start(sources, limits = {}) {
  const services = Object.entries(sources).map(([name, source]) => {
    const entry = path.join(folder, `${name}.cjs`);
    fs.writeFileSync(entry, source);
    return { name, entry, env: { PATH: process.env['PATH'] ?? '' } };
  });
  running = startServices(services, {
    node: process.execPath,
    cwd: folder,
    onLine: (name, line) => lines.push(`${name}: ${line}`),
    ...limits,
  });
  return running;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    // A zombie counts as alive for kill, but not for anybody else.
    return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function workers() {
  return lines.flatMap((line) => /worker (\d+)/.exec(line)?.[1] ?? []).map(Number);
}

describe('services', () => {
  test('get ready and stop, with nothing left behind', async () => {
    const services = start({ one: WELL_BEHAVED, two: WELL_BEHAVED });
    await services.ready;
    await services.stop();

    // The second may use the first, not the other way round.
    expect(lines.filter((line) => line.endsWith('stopping'))).toEqual(['two: stopping', 'one: stopping']);
    expect(workers()).toHaveLength(2);
    expect(workers().filter(isAlive)).toEqual([]);
  });

  test('one that ends by itself is reported after what it said last', async () => {
    const services = start({
      good: WELL_BEHAVED,
      bad: `process.stderr.write('Setting PORT is not a number.\\n'); process.exit(1);`,
    });

    expect(await services.failed).toBe('The bad stopped by itself with exit code 1: see its messages above.');
    expect(lines).toContain('bad: Setting PORT is not a number.');
  });

  test('a worker that outlives its killed service is ended', async () => {
    const services = start({
      one: `${WELL_BEHAVED} setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100);`,
    });

    expect(await services.failed).toBe('The one was ended by SIGKILL: see its messages above.');
    expect(workers()).toHaveLength(1);
    expect(workers().filter(isAlive)).toEqual([]);
  });

  test('one that does not stop is killed after the limit, with its workers', async () => {
    const services = start(
      { one: `${WELL_BEHAVED} process.removeAllListeners('SIGINT'); process.on('SIGINT', () => {});` },
      { stopTimeoutMs: 200 },
    );
    await services.ready;
    await services.stop();

    expect(workers()).toHaveLength(1);
    expect(workers().filter(isAlive)).toEqual([]);
  });

  test('one that does not get ready is reported', async () => {
    const services = start({ one: 'setInterval(() => {}, 1000);' }, { readyTimeoutMs: 300 });

    expect(await services.failed).toBe('The one was not ready within 0.3 s: see its messages above.');
  });

  test('a program that cannot be started is reported', async () => {
    running = startServices([{ name: 'one', entry: 'x', env: {} }], {
      node: path.join(folder, 'no-such-node'),
      cwd: folder,
      onLine: () => {},
    });

    expect(await running.failed).toMatch(/^The one could not be started \(.*ENOENT.*\)/);
  });
});
