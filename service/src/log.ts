/** The log: JSON for machines, one readable line for people. Errors keep their cause; secrets do not get in. */
import { config, createLogger as createWinston, format, transports, type Logger } from 'winston';
import { LogFile, type LogFileOptions } from './log-file.ts';

export type Log = Pick<Logger, 'error' | 'warn' | 'info' | 'debug'>;

export interface LogOptions {
  service: string;
  level: string;
  format: 'json' | 'pretty';
  /** Also write to this file. */
  file?: string | undefined;
}

/** Names under which there are secrets: ICE passwords, tokens, keys and whatever proves who somebody is. */
const SECRET_KEYS =
  /^(authorization|proxy-authorization|cookie|set-cookie|sessionId|icePwd)$|(secret|secrets|password|passwd|token|tokens|credential|credentials|privateKey|jwt)$|^SERVICE_JWT_KEYS$/i;

/** Secrets within a text: JSON Web Tokens, whole or cut, and what follows `Bearer` or a parameter called token. */
const SECRET_TEXT =
  /\beyJ[\w-]{8,}(\.[\w-]*){0,2}|(?<=\bBearer\s+)[\w.~+/=-]+|(?<=[?&#](access_)?token=)[^&\s"]+/gi;

/** A disk that hangs must not keep a service from stopping, milliseconds. */
const CLOSE_LIMIT_MS = 1_000;

const REDACTED = '[redacted]';

/** How a value is written: errors with their message, code, stack and cause; secrets by a placeholder. Changes nothing. */
export function loggable(key: string, value: unknown): unknown {
  if (SECRET_KEYS.test(key) && value !== undefined) return REDACTED;
  if (typeof value === 'string') return value.replace(SECRET_TEXT, REDACTED);
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

/**
 * One line: what could begin another one, move a terminal's cursor or turn the direction of writing is escaped, so
 * nobody's name can forge a second line; and lone surrogates, which are no text.
 */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (char) =>
    Array.from({ length: char.length }, (_, index) => escaped(char.charCodeAt(index))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** winston keeps the finished line under this symbol. */
const MESSAGE = Symbol.for('message');

/** JSON escapes the lower control characters only; the escapes of the others are good JSON as well. */
const json = format.combine(
  format.json({ replacer: loggable, deterministic: false }),
  format((info) => {
    info[MESSAGE] = oneLine(String(info[MESSAGE]));
    return info;
  })(),
);

const pretty = format.printf(({ level, message, timestamp, ...rest }) => {
  const details = Object.entries(rest)
    .filter(([key, value]) => key !== 'service' && value !== undefined)
    .map(([key, value]) => [key, loggable(key, value)] as const)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value, loggable)}`)
    .join(' ');
  const time = String(timestamp).slice(11, 23);
  const text = loggable('', String(message)) as string;
  return `${time} ${level.toUpperCase().padEnd(5)} ${oneLine([text, details].filter(Boolean).join('  '))}`;
});

/** @throws SettingError if the file cannot be written */
export function createLog(options: LogOptions): Log {
  const line = options.format === 'pretty' ? pretty : json;
  const onFailed = (why: string) => notWritten(log, 'LOG_FILE', why);
  const file = options.file && new LogFile({ file: options.file, setting: 'LOG_FILE', onFailed });
  const log = createWinston({
    levels: config.npm.levels,
    level: options.level,
    defaultMeta: { service: options.service },
    format: format.combine(format.timestamp(), line),
    transports: [
      new transports.Console(),
      ...(file ? [new transports.Stream({ stream: file, format: json })] : []),
    ],
  });
  return log;
}

/** A log that is only a file, in JSON. If it cannot be written any more, that is said in `log`. */
export class FileLog {
  readonly log: Log;
  readonly #file: LogFile;

  /** @throws SettingError if the file cannot be written */
  constructor(
    options: Pick<LogOptions, 'service'> & Pick<LogFileOptions, 'file' | 'setting'> & { log: Log },
  ) {
    const { service, setting, log } = options;
    this.#file = new LogFile({ ...options, onFailed: (why) => notWritten(log, setting, why) });
    this.log = createWinston({
      levels: config.npm.levels,
      level: 'info',
      defaultMeta: { service },
      format: format.combine(format.timestamp(), json),
      transports: [new transports.Stream({ stream: this.#file })],
    });
  }

  /** Resolves when everything is written, or the disk has had its time. */
  async close(): Promise<void> {
    let limit: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      limit = setTimeout(resolve, CLOSE_LIMIT_MS);
      this.#file.end(resolve);
    });
    clearTimeout(limit);
  }
}

function notWritten(log: Log, setting: string, why: string): void {
  log.error('a log file is not written any more; SIGHUP opens it anew', { setting, why });
}

/** A log that says nothing: for tests. */
export const silentLog: Log = createWinston({ silent: true, transports: [new transports.Console()] });
