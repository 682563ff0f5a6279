/** Opens the database the records are in, brings its tables up to date, and gives it back closed. */
import path from 'node:path';
import { makeFolder } from '@crossfade/service/folders';
import { SettingError } from '@crossfade/service/settings';
import { whyNotUsable } from './database-errors.ts';
import { MIGRATIONS, openFolder } from './embedded.ts';
import { lockFolder } from './folder-lock.ts';
import type { Records } from './records.ts';
import { SqlRecords } from './sql.ts';
import { ThreadedRecords } from './threaded-records.ts';

/** A connection, and the answer to one statement, take no longer; together within an answer's 5 s. Milliseconds. */
const CONNECT_LIMIT_MS = 2_000;
const QUERY_LIMIT_MS = 2_500;

/** Any number, the same in every gateway: only one migrates at a time. */
const MIGRATION_LOCK = 0x63_66_61_64;

/**
 * PostgreSQL embedded in this process, in a folder and a thread of its own (or, without a folder, in memory: for tests).
 * @throws SettingError if another process uses the folder, or it cannot be written to
 */
export async function openEmbedded(folder: string | undefined): Promise<Records> {
  if (folder === undefined) return openFolder(undefined);
  let unlock: () => Promise<void>;
  try {
    makeFolder(folder);
    unlock = await lockFolder(folder);
  } catch (error) {
    if (error instanceof SettingError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new SettingError(
      `Setting DATA_DIR cannot be used: ${folder} is no folder that can be written to (${code ?? message}).`,
    );
  }
  try {
    return await ThreadedRecords.open(path.join(folder, 'records'), unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** A PostgreSQL server, 15 or later. @throws SettingError if it cannot be used */
export async function openServer(url: string): Promise<SqlRecords> {
  const [{ default: pg }, { drizzle }, { migrate }] = await Promise.all([
    import('pg'),
    import('drizzle-orm/node-postgres'),
    import('drizzle-orm/node-postgres/migrator'),
  ]);
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    // A server that is there and does not answer must not hold anything up for ever.
    query_timeout: QUERY_LIMIT_MS,
  });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // One of its own: a migration, and waiting for another gateway's, takes as long as it takes.
  const connection = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    try {
      await connection.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await migrate(drizzle({ client: connection }), { migrationsFolder: MIGRATIONS });
    } finally {
      // Ends the session, and with it the lock.
      await connection.end();
    }
  } catch (error) {
    await pool.end();
    throw new SettingError(`Setting DATABASE_URL cannot be used: ${whyNotUsable(error)}.`);
  }
  return new SqlRecords(drizzle({ client: pool }), () => pool.end());
}
