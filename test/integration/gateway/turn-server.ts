/** A real coturn for a test: the settings of docker-compose.yml, on free loopback ports, for peers on the loopback. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readCompose } from '../../unit/deployment-files.ts';
import { freePort } from './free-port.ts';
import { TurnClient } from './turn-client.ts';

/** Undefined where it is not installed. */
export const turnProgram = ['/usr/bin/turnserver', '/usr/local/bin/turnserver'].find((file) =>
  existsSync(file),
);

/** What the test has otherwise, or must be allowed to reach. */
const OTHERWISE =
  /^(static-auth-secret|listening-port|external-ip|min-port|max-port|log-file|denied-peer-ip=127\.)/;

export interface TurnServer {
  port: number;
  /** What it has written so far. */
  output: () => string;
  stop: () => Promise<void>;
}

export async function startTurnServer(secret: string): Promise<TurnServer> {
  if (turnProgram === undefined) throw new Error('turnserver is not installed');
  const port = await freePort();
  const folder = await mkdtemp(path.join(tmpdir(), 'turn-'));
  const deployed = readCompose()
    .configs.turnserver.content.split('\n')
    .filter((line) => line !== '' && !OTHERWISE.test(line));
  const settings = [
    ...deployed,
    `static-auth-secret=${secret}`,
    `listening-port=${String(port)}`,
    'listening-ip=127.0.0.1',
    'relay-ip=127.0.0.1',
    // Only possible without the command line interface, which would let everyone on the machine in.
    'allow-loopback-peers',
    'no-cli',
    'no-dtls',
    'min-port=20000',
    'max-port=32000',
    'log-file=stdout',
    'verbose',
    `pidfile=${path.join(folder, 'pid')}`,
    `userdb=${path.join(folder, 'db')}`,
  ];
  const file = path.join(folder, 'turnserver.conf');
  await writeFile(file, `${settings.join('\n')}\n`);
  const child = spawn(turnProgram, ['-c', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const limit = performance.now() + 10_000;
  while (!(await TurnClient.answers(port))) {
    if (performance.now() > limit || child.exitCode !== null) {
      await stop();
      throw new Error(`turnserver did not start:\n${output}`);
    }
    await setTimeout(50);
  }
  return { port, output: () => output, stop };
}
