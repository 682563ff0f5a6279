/** A real PostgreSQL server for a test: its own folder, a Unix socket there, no port. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
  readonly #process: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#process = child;
    this.url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`;
  }

  static async start(programs: string): Promise<PostgresqlServer> {
    const folder = mkdtempSync(path.join(tmpdir(), 'records-'));
    chmodSync(folder, 0o777);
    const data = path.join(folder, 'data');
    const run = (program: string, ...args: string[]) => {
      const [command = '', ...rest] = [...asUser, path.join(programs, program), ...args];
      return { command, rest };
    };
    const init = run('initdb', '--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync');
    execFileSync(init.command, init.rest, { stdio: 'ignore', cwd: folder });
    const serve = run('postgres', '-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off');
    const child = spawn(serve.command, serve.rest, { stdio: 'ignore', cwd: folder });
    const server = new PostgresqlServer(folder, child);
    await server.#answers();
    return server;
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

  async #answers(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
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
