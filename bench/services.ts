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

export async function startService(
  name: 'media-server' | 'gateway',
  env: Record<string, string>,
): Promise<Service> {
  const main = fileURLToPath(new URL(`../${name}/dist/main.js`, import.meta.url));
  const child = fork(main, {
    env: { ...process.env, ...secrets, PORT: '0', METRICS_PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [message] = (await Promise.race([once(child, 'message'), exited.then(() => [undefined])])) as [
    { url: string } | undefined,
  ];
  if (!message) throw new Error(`${name} did not start`);
  return {
    url: message.url,
    process: child,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
