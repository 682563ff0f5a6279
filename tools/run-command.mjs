/**
 * Runs programs that must not outlive this process.
 *
 * Each gets a process group of its own: compilers and test runners start processes themselves, and only a signal to
 * the whole group reaches those too. The price is that Ctrl-C in the terminal reaches only this process, so a script
 * that runs commands also calls `stopCommandsOnSignal`.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const GRACE_MS = 3_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** After a signal: nobody has to hear any more how the commands ended. */
let stopping = false;

/**
 * @typedef {object} CommandResult
 * @property {number} status The exit status; 127 if the program could not be started, 128 + n after signal n.
 * @property {boolean} timedOut
 * @property {string} output Everything it wrote to both streams, in order; empty with `inherit`.
 */

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {(line: string, end: () => void) => void} [options.onLine] Called for each complete line of either stream;
 *   `end` ends the command at once.
 * @param {boolean} [options.inherit] Let it write to our own output instead of collecting what it writes.
 * @param {number} [options.timeoutMs]
 * @returns {Promise<CommandResult>}
 */
export function runCommand(command, args, { cwd, env, onLine, inherit = false, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const output = inherit ? 'inherit' : 'pipe';
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
    running.add(child);

    let collected = '';
    let timedOut = false;
    const timer =
      timeoutMs &&
      setTimeout(() => {
        timedOut = true;
        signalGroup(child, 'SIGKILL');
      }, timeoutMs);

    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      const lines = splitLines((line) => onLine?.(line, () => signalGroup(child, 'SIGKILL')));
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        collected += text;
        lines.push(text);
      });
      stream.on('end', () => lines.end());
    }

    /** @param {number} status */
    const finish = (status) => {
      clearTimeout(timer);
      running.delete(child);
      if (!stopping) resolve({ status, timedOut, output: collected });
    };

    child.on('error', (error) => {
      collected += `${error.message}\n`;
      finish(127);
    });
    child.on('close', (code, signal) => finish(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * Puts the chunks of a stream together to lines.
 *
 * @param {(line: string) => void} onLine
 */
export function splitLines(onLine) {
  let rest = '';

  return {
    /** @param {string} text */
    push(text) {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    },
    end() {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

/**
 * Makes Ctrl-C, SIGTERM and a closed terminal end the running commands and then this process.
 *
 * @returns {() => void} Takes the handlers away again, for a script that goes on to stop in its own way.
 */
export function stopCommandsOnSignal() {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    stopping = true;
    // SIGTERM first: the build script removes its 500 MB of scratch when it gets one.
    for (const child of running) signalGroup(child, 'SIGTERM');

    const deadline = Date.now() + GRACE_MS;
    const timer = setInterval(() => {
      if (running.size > 0 && Date.now() < deadline) return;
      clearInterval(timer);
      for (const child of running) signalGroup(child, 'SIGKILL');
      process.exit(128 + constants.signals[signal]);
    }, 20);
  };

  for (const signal of signals) process.once(signal, onSignal);

  return () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
}

process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}
