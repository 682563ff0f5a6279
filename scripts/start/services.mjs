/**
 * Runs the services as child processes.
 *
 * Each is the head of a process group of its own, so that Ctrl-C in the terminal reaches only this process: a
 * mediasoup worker ends at once on a SIGINT of its own, and with it the calls that should have been ended gracefully.
 * Each has an IPC channel, on which it says that it is ready, and whose end tells it that this process is gone.
 */
import { spawn } from 'node:child_process';

import { splitLines } from '../../tools/run-command.mjs';

/** Longer than a first start on a slow machine, which sets up a database. */
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
/** For workers to notice that their media server is gone. */
const LEFTOVER_GRACE_MS = 500;

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {string} entry The file to run.
 * @property {Record<string, string>} env
 */

/**
 * @typedef {object} RunningServices
 * @property {Promise<void>} ready When all are.
 * @property {Promise<string>} failed Resolved with one sentence if one ends unasked, or does not get ready.
 * @property {() => Promise<void>} stop
 * @property {() => void} kill Ends them at once; `stop` then resolves too.
 */

/**
 * @param {readonly Service[]} services
 * @param {object} options
 * @param {string} options.node
 * @param {string} options.cwd
 * @param {(name: string, line: string) => void} options.onLine
 * @param {number} [options.readyTimeoutMs]
 * @param {number} [options.stopTimeoutMs]
 * @returns {RunningServices}
 */
export function startServices(
  services,
  { node, cwd, onLine, readyTimeoutMs = READY_TIMEOUT_MS, stopTimeoutMs = STOP_TIMEOUT_MS },
) {
  let stopping = false;
  /** @type {(sentence: string) => void} */
  let fail;
  /** @type {Promise<string>} */
  const failed = new Promise((resolve) => (fail = resolve));

  const children = services.map((service) => {
    const child = spawn(node, [service.entry], {
      cwd,
      env: service.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });

    /** @type {Promise<void>[]} */
    const logsEnded = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      const lines = splitLines((line) => onLine(service.name, line));
      stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => lines.push(text));
      logsEnded.push(
        new Promise((resolve) =>
          stream.once('close', () => {
            lines.end();
            resolve();
          }),
        ),
      );
    }

    /** @type {Promise<void>} */
    const ready = new Promise((resolve) => {
      const timer = setTimeout(
        () =>
          fail(
            `The ${service.name} was not ready within ${readyTimeoutMs / 1000} s: see its messages above.`,
          ),
        readyTimeoutMs,
      );
      child.on('message', (message) => {
        if (/** @type {{ type?: unknown }} */ (message)?.type !== 'ready') return;
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', () => clearTimeout(timer));
      child.once('error', () => clearTimeout(timer));
    });

    const gone = new Promise((/** @type {(how: string) => void} */ resolve) => {
      child.once('error', (error) => resolve(`could not be started (${error.message})`));
      child.once('exit', (code, signal) =>
        resolve(signal ? `was ended by ${signal}` : `stopped by itself with exit code ${code}`),
      );
    }).then(async (how) => {
      await endGroup(child.pid);
      // What it said last, before what we say about it.
      await Promise.race([Promise.all(logsEnded), delay(LEFTOVER_GRACE_MS)]);
      if (!stopping) fail(`The ${service.name} ${how}: see its messages above.`);
    });

    return { child, ready, gone };
  });

  function kill() {
    stopping = true;
    for (const { child } of children) signal(child.pid, 'SIGKILL', { group: true });
  }

  return {
    ready: Promise.all(children.map(({ ready }) => ready)).then(() => {}),
    failed,
    kill,
    async stop() {
      stopping = true;
      const timer = setTimeout(kill, stopTimeoutMs);
      // The last one started first: it uses those before it, and would take their end for a failure.
      for (const { child, gone } of children.toReversed()) {
        // To the service alone; it ends its workers itself when it has closed the calls. SIGINT: on a SIGTERM it would
        // first wait for its calls to move elsewhere, and there is nowhere else.
        if (child.exitCode === null && child.signalCode === null)
          signal(child.pid, 'SIGINT', { group: false });
        await gone;
      }
      clearTimeout(timer);
    },
  };
}

/**
 * Ends what a service has left behind.
 *
 * @param {number | undefined} pid The head of the group, which is gone.
 */
async function endGroup(pid) {
  if (await groupEnds(pid)) return;
  signal(pid, 'SIGKILL', { group: true });
  await groupEnds(pid);
}

/**
 * @param {number | undefined} pid
 * @returns {Promise<boolean>} Whether it has, within the grace.
 */
async function groupEnds(pid) {
  const deadline = Date.now() + LEFTOVER_GRACE_MS;
  while (signal(pid, 0, { group: true })) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

/**
 * @param {number | undefined} pid
 * @param {NodeJS.Signals | 0} name
 * @param {{ group: boolean }} target
 * @returns {boolean} Whether there was someone to get it.
 */
function signal(pid, name, { group }) {
  if (pid === undefined) return false;
  try {
    return process.kill(group ? -pid : pid, name);
  } catch {
    return false;
  }
}

/** @param {number} ms */
function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
