/** A real Redis server for a test: a process of its own on a free loopback port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';

/** Undefined where it is not installed. */
export const redisProgram = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'].find((file) =>
  existsSync(file),
);

export class RedisServer {
  readonly url: string;
  readonly #program: string;
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(program: string, port: number, folder: string) {
    this.#program = program;
    this.#port = port;
    this.#folder = folder;
    this.url = `redis://127.0.0.1:${String(port)}`;
    this.#process = this.#spawn();
  }

  static async start(program = redisProgram): Promise<RedisServer> {
    if (program === undefined) throw new Error('redis-server is not installed');
    const folder = mkdtempSync(path.join(tmpdir(), 'redis-'));
    const server = new RedisServer(program, await freePort(), folder);
    await server.#answers();
    return server;
  }

  /** Ends it like a power cut. */
  async kill(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGCONT');
    this.#process.kill('SIGKILL');
    await exited;
  }

  /** Starts it again. @param data whether it still has what it had written */
  async again(data: 'kept' | 'lost'): Promise<void> {
    if (data === 'lost') rmSync(path.join(this.#folder, 'appendonlydir'), { recursive: true, force: true });
    this.#process = this.#spawn();
    await this.#answers();
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, RESP: 2 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(): ChildProcess {
    const settings = {
      port: String(this.#port),
      bind: '127.0.0.1',
      dir: this.#folder,
      save: '',
      appendonly: 'yes',
      appendfsync: 'no',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    return spawn(this.#program, args, { stdio: 'ignore' });
  }

  async #answers(): Promise<void> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: 30 } });
    client.on('error', () => undefined);
    await client.connect();
    await client.ping();
    client.destroy();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
