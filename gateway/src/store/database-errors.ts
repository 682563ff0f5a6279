/** What a failed statement means. Pure. */

/**
 * SQLSTATE classes (PostgreSQL, appendix A) that blame the values: data exception, integrity constraint violation,
 * program limit exceeded. The same statement would fail for ever; with any other one, the database is to blame.
 */
const BLAME_THE_VALUES = ['22', '23', '54'];

/** Whether the database will never take this, however often it is asked. */
export function isRefused(error: unknown): boolean {
  if (error instanceof RangeError) return true;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code))
    return BLAME_THE_VALUES.includes(code.slice(0, 2));
  return cause instanceof Error && isRefused(cause);
}

/** Drizzle's errors repeat the values, and with them what people wrote: the database's own error does not. */
export function withoutValues(error: unknown): unknown {
  return error instanceof Error && 'params' in error
    ? (error.cause ?? new Error('a statement failed'))
    : error;
}
