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

/** What operators can do something about, by SQLSTATE (PostgreSQL, appendix A) or Node's code. */
const REASONS: Readonly<Record<string, string>> = {
  '3D000': 'there is no such database',
  '28000': 'the user or the password is refused',
  '28P01': 'the user or the password is refused',
  '42501': 'the user may not make tables there',
  '53300': 'the server has too many connections',
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
};

/** Why a database cannot be used from the start, with its code. */
export function whyNotUsable(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException;
  if (code === undefined && cause instanceof Error) return whyNotUsable(cause);
  return `${REASONS[code ?? ''] ?? 'the database does not answer as it should'} (${code ?? message})`;
}

/** Drizzle's errors repeat the values, and with them what people wrote: the database's own error does not. */
export function withoutValues(error: unknown): unknown {
  return error instanceof Error && 'params' in error
    ? (error.cause ?? new Error('a statement failed'))
    : error;
}
