/** A real PostgreSQL server for a test: its own folder, a Unix socket there, no port. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

const DEBIAN = '/usr/lib/postgresql';

/** The folder of its programs; undefined where it is not installed. */
export const postgresqlPrograms = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => path.join(DEBIAN, version, 'bin'))
      .find((bin) => existsSync(path.join(bin, 'postgres')))
  : undefined;

/** The server refuses to run as root. */
const asUser = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];

export class PostgresqlServer {
  readonly url: string;
  readonly #folder: string;
  readonly #programs: string;
  #process: ChildProcess;

  private constructor(folder: string, programs: string) {
    this.#folder = folder;
    this.#programs = programs;
    this.#process = this.#serve();
    this.url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`;
  }

  static async start(programs: string): Promise<PostgresqlServer> {
    const folder = mkdtempSync(path.join(tmpdir(), 'records-'));
    chmodSync(folder, 0o777);
    const data = path.join(folder, 'data');
    const [init, ...args] = [...asUser, path.join(programs, 'initdb'), '--pgdata', data];
    execFileSync(init, [...args, '--username', 'postgres', '--auth', 'trust', '--no-sync'], {
      stdio: 'ignore',
      cwd: folder,
    });
    const server = new PostgresqlServer(folder, programs);
    await server.#answers();
    return server;
  }

  /** kill -9 of the server itself, not of what started it; what it had open is closed by it. */
  async kill(): Promise<void> {
    const [pid] = readFileSync(path.join(this.#folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    const ended = once(this.#process, 'exit');
    process.kill(Number(pid), 'SIGKILL');
    await ended;
  }

  /** Starts it again, on the same data. */
  async restart(): Promise<void> {
    await this.#answers(() => {
      // What is left of the killed one may still be going down.
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) this.#process = this.#serve();
    });
  }

  #serve(): ChildProcess {
    const [command, ...rest] = [...asUser, path.join(this.#programs, 'postgres')];
    const data = path.join(this.#folder, 'data');
    const settings = ['-k', this.#folder, '-c', 'listen_addresses=', '-c', 'fsync=off'];
    return spawn(command, [...rest, '-D', data, ...settings], { stdio: 'ignore', cwd: this.#folder });
  }

  /** The address of a new, empty database. */
  async database(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    await client.query(`create database ${client.escapeIdentifier(name)}`);
    await client.end();
    return this.url.replace('/postgres?', `/${name}?`);
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(meanwhile?: () => void): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      meanwhile?.();
      const client = new pg.Client({ connectionString: this.url });
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}
