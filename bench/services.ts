/** The built services as processes of their own, as `npm start` runs them, on ports the system chooses. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const secrets = {
  SERVICE_JWT_SECRET: randomBytes(32).toString('hex'),
  USER_JWT_SECRET: randomBytes(32).toString('hex'),
};

export interface Service {
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

export function startService(
  name: 'media-server' | 'gateway',
  env: Record<string, string>,
): Promise<Service> {
  return startProcess(`../${name}/dist/main.js`, env);
}

/** Runs a file that tells by IPC when it is ready, and where. */
export async function startProcess(file: string, env: Record<string, string> = {}): Promise<Service> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    env: { ...process.env, ...secrets, PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([once(child, 'message'), exited.then(() => [undefined])])) as [
    { url: string } | undefined,
  ];
  if (!message) throw new Error(`${file} did not start`);
  return {
    url: message.url,
    process: child,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
