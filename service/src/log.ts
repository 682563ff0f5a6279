/** The log: JSON for machines, one readable line for people. Errors keep their cause; secrets do not get in. */
import { config, createLogger as createWinston, format, transports, type Logger } from 'winston';

export type Log = Pick<Logger, 'error' | 'warn' | 'info' | 'debug'>;

export interface LogOptions {
  service: string;
  level: string;
  format: 'json' | 'pretty';
  /** Also write to this file. */
  file?: string | undefined;
}

const SECRET_KEYS = /^(authorization|token|secret|password|credential|sessionId|cookie)$|(secret|password)$/i;

/** How a value is written: errors with their message, code, stack and cause; secrets by a placeholder. */
export function loggable(key: string, value: unknown): unknown {
  if (SECRET_KEYS.test(key) && value !== undefined) return '[redacted]';
  if (value instanceof Error) {
    const { message, name, stack, cause } = value;
    const code = (value as { code?: unknown }).code;
    return {
      name,
      message,
      ...(code !== undefined && { code }),
      stack,
      ...(cause !== undefined && { cause }),
    };
  }
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

/** One line: control characters are escaped, so nobody's name can forge a second one. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

const pretty = format.printf(({ level, message, timestamp, ...rest }) => {
  const details = Object.entries(rest)
    .filter(([key, value]) => key !== 'service' && value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value, loggable)}`)
    .join(' ');
  const time = String(timestamp).slice(11, 23);
  return `${time} ${level.toUpperCase().padEnd(5)} ${oneLine([String(message), details].filter(Boolean).join('  '))}`;
});

export function createLog(options: LogOptions): Log {
  const line =
    options.format === 'pretty' ? pretty : format.json({ replacer: loggable, deterministic: false });
  return createWinston({
    levels: config.npm.levels,
    level: options.level,
    defaultMeta: { service: options.service },
    format: format.combine(format.timestamp(), line),
    transports: [
      new transports.Console(),
      ...(options.file
        ? [new transports.File({ filename: options.file, format: format.json({ replacer: loggable }) })]
        : []),
    ],
  });
}

/** A log that says nothing: for tests. */
export const silentLog: Log = createWinston({ silent: true, transports: [new transports.Console()] });
