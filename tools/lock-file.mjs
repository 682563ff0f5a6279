/**
 * A lock between processes: a file that only one can create. Its owner touches it while it works, so a lock whose
 * owner was killed is recognised and broken; on the same machine at once, across machines (a shared home folder, or
 * containers with a shared cache, where process ids mean nothing) after a minute.
 */
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';

const TOUCH_MS = 10_000;
const ABANDONED_MS = 60_000;
const POLL_MS = 200;

/**
 * Runs `work` while holding the lock.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {object} [options]
 * @param {(owner: string) => void} [options.onWait] Called once if another process holds it.
 * @returns {Promise<T>}
 */
export async function withLock(file, work, { onWait } = {}) {
  fs.mkdirSync(path.dirname(file), { recursive: true });

  let waited = false;
  while (!tryCreate(file)) {
    const holder = readHolder(file);
    if (holder && isAbandoned(holder, { now: Date.now(), host: hostname(), isAlive })) {
      breakLock(file, holder);
      continue;
    }
    if (holder?.pid && !waited) {
      onWait?.(`process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`);
      waited = true;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  const touch = setInterval(() => {
    try {
      const now = new Date();
      fs.utimesSync(file, now, now);
    } catch {
      // Someone broke it, because this machine slept. The work is safe without it, only done twice.
    }
  }, TOUCH_MS);
  const release = () => fs.rmSync(file, { force: true });
  // Also when a signal ends the process.
  process.once('exit', release);

  try {
    return await work();
  } finally {
    clearInterval(touch);
    process.removeListener('exit', release);
    release();
  }
}

/**
 * @typedef {object} Holder
 * @property {number} pid 0 if it has created the file but not yet written to it.
 * @property {string} host
 * @property {number} touchedAt
 */

/**
 * @param {Holder} holder
 * @param {{ now: number, host: string, isAlive: (pid: number) => boolean }} here
 */
export function isAbandoned({ pid, host, touchedAt }, here) {
  return here.now - touchedAt > ABANDONED_MS || (pid > 0 && host === here.host && !here.isAlive(pid));
}

/** @param {string} file */
function tryCreate(file) {
  try {
    fs.writeFileSync(file, `${process.pid} ${hostname()}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {Holder | undefined} Nothing if it has just been released.
 */
function readHolder(file) {
  try {
    const [pid, host = ''] = fs.readFileSync(file, 'utf8').trim().split(' ');
    return { pid: Number(pid), host, touchedAt: fs.statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {Holder} holder
 */
function breakLock(file, holder) {
  const now = readHolder(file);
  // Another process that waits may have been faster, and may hold a fresh lock by now.
  if (now?.pid === holder.pid && now.host === holder.host && now.touchedAt === holder.touchedAt) {
    fs.rmSync(file, { force: true });
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
