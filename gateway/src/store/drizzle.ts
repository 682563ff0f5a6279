/** A database by Drizzle: PGlite or a PostgreSQL server. */
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';

export type Database = PgDatabase<PgQueryResultHKT>;
