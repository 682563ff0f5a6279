/** A gateway as a process of its own, to be killed and stopped. Needs the built one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startServiceProcess, type ServiceProcess } from '../../browser/service-process.ts';
import { secrets } from './stack.ts';

export interface GatewayProcess extends ServiceProcess {
  output: () => string;
}

/** @param nodeOptions for Node itself */
export async function startGatewayProcess(
  settings: Record<string, string>,
  nodeOptions: readonly string[] = [],
): Promise<GatewayProcess> {
  const data = await mkdtemp(path.join(tmpdir(), 'gateway-'));
  const output: string[] = [];
  const service = await startServiceProcess(
    'gateway/dist/main.js',
    {
      ...secrets,
      PORT: '0',
      METRICS_PORT: '0',
      WEB_ROOT: 'none',
      LOG_LEVEL: 'warn',
      DATA_DIR: data,
      ...settings,
    },
    (text) => output.push(text),
    nodeOptions,
  );
  return {
    ...service,
    output: () => output.join(''),
    stop: async () => {
      service.signal('SIGCONT');
      await service.stop();
      await rm(data, { recursive: true, force: true });
    },
  };
}
