/** A file of the project as a process of its own, which tells by IPC when it is ready, and where. */
import { spawn, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface ServiceProcess {
  url: string;
  pid: number;
  signal: (name: NodeJS.Signals) => void;
  /** Its exit status, when it has ended; null if a signal ended it. */
  ended: Promise<number | null>;
  stop: () => Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
/** The first start of the embedded database takes the longest. */
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * @param file below the project's root
 * @param settings its environment, besides this process's
 * @param heard called with what it writes
 * @param nodeOptions for Node itself, before the file
 * @param openFiles how many it may have; undefined: as many as this process
 */
export async function startServiceProcess(
  file: string,
  settings: Record<string, string>,
  heard: (text: string) => void,
  nodeOptions: readonly string[] = [],
  openFiles?: number,
): Promise<ServiceProcess> {
  const run = [process.execPath, ...nodeOptions, path.join(ROOT, file)];
  const limited = ['sh', '-c', `ulimit -n ${String(openFiles)} && exec "$0" "$@"`, ...run];
  const [command = '', ...args] = openFiles === undefined ? run : limited;
  const child = spawn(command, args, {
    // A folder without an `.env`: the settings here are all there are.
    cwd: tmpdir(),
    env: { ...process.env, NODE_OPTIONS: '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const hear = (chunk: Buffer) => heard(chunk.toString());
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await readyUrl(child, file, ended);
  return {
    url,
    pid: child.pid ?? 0,
    signal: (name) => child.kill(name),
    ended,
    stop: async () => {
      // Not SIGTERM: a media server would first wait for its rooms to move.
      child.kill('SIGINT');
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(limit);
    },
  };
}

async function readyUrl(child: ChildProcess, file: string, ended: Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      child.on('message', (message) => {
        if (isReady(message)) resolve(message.url);
      });
      void ended.then(() => reject(new Error(`${file} ended while it started.`)));
      timer = setTimeout(() => {
        child.kill('SIGKILL');
        reject(new Error(`${file} was not ready in time.`));
      }, READY_TIMEOUT_MS);
    });
  } finally {
    clearTimeout(timer);
  }
}

function isReady(message: unknown): message is { type: 'ready'; url: string } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
