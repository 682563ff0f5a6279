/** PostgreSQL embedded in this thread (PGlite), with its tables up to date. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SqlRecords } from './sql.ts';
import { readTemplate } from './template.ts';

export const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** @param dataDir its files; undefined: in memory, for tests */
export async function openFolder(dataDir: string | undefined): Promise<SqlRecords> {
  const [{ PGlite }, { drizzle }, { migrate }] = await Promise.all([
    import('@electric-sql/pglite'),
    import('drizzle-orm/pglite'),
    import('drizzle-orm/pglite/migrator'),
  ]);
  const isNew = dataDir === undefined || !existsSync(dataDir);
  const loadDataDir = isNew ? await readTemplate() : undefined;
  const client = await PGlite.create({ ...(dataDir && { dataDir }), ...(loadDataDir && { loadDataDir }) });
  const db = drizzle({ client });
  await migrate(db, { migrationsFolder: MIGRATIONS });
  return new SqlRecords(db, () => client.close());
}
