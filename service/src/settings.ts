/** Settings from the environment: checked once, by a schema, before anything starts. */
import { z } from 'zod';

/** A setting that cannot be used. Its message is one sentence that names the setting. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/**
 * Validates and freezes a service's settings. Empty variables count as absent.
 * @throws SettingError naming the first wrong setting; its value is not repeated, for it may be a secret
 */
export function readSettings<S extends z.ZodObject>(
  schema: S,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<z.infer<S>> {
  const known = Object.keys(schema.shape)
    .map((name) => [name, environment[name]] as const)
    .filter(([, value]) => value !== undefined && value !== '');
  const result = schema.safeParse(Object.fromEntries(known));
  if (result.success) return Object.freeze(result.data);
  const issue = result.error.issues[0];
  const name = String(issue?.path[0] ?? 'environment');
  const what =
    issue?.code === 'invalid_type' && environment[name] === undefined
      ? 'is not set'
      : (issue?.message ?? 'is invalid');
  throw new SettingError(`Setting ${name} ${what}.`);
}

/** Plain decimal: what JavaScript would also take for a number (`0x50`, `1e3`, a blank) is more likely a mistake. */
function decimalSetting(min: number, max: number, error: string) {
  return z
    .string({ error })
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
}

/** A TCP or UDP port; 0 lets the system choose. */
export const portSetting = decimalSetting(0, 65_535, 'must be a port number from 0 to 65535');

/** A number of milliseconds from `min` to `max`. */
export function millisecondsSetting(min: number, max: number) {
  return decimalSetting(min, max, `must be a number of milliseconds from ${String(min)} to ${String(max)}`);
}

/** A whole number from `min` to `max`. */
export function countSetting(min: number, max: number) {
  return decimalSetting(min, max, `must be a whole number from ${String(min)} to ${String(max)}`);
}

/** Text of at most `max` characters. */
export function textSetting(max: number) {
  return z.string().max(max, `must be at most ${String(max)} characters long`);
}

/** Secrets are at least 32 bytes: what HS256 needs to be as strong as its hash (RFC 7518, 3.2). */
export const secretSetting = z
  .string({ error: 'is not set' })
  .refine((secret) => Buffer.byteLength(secret) >= 32, 'must be at least 32 bytes long');

const keyIdPattern = /^[A-Za-z0-9_.-]{1,64}$/;

/** The name of a key (`kid`). */
export const keyIdSetting = z
  .string()
  .regex(keyIdPattern, 'must be 1 to 64 letters, digits, dots, dashes or underscores');

/** Secrets by key id: `id:secret,id:secret`. Never repeated in a message. */
export const keysSetting = z
  .string()
  .transform((text) =>
    text.split(',').map((pair) => /^\s*([^:]*):(.*?)\s*$/s.exec(pair)?.slice(1) ?? ['', '']),
  )
  .refine(
    (pairs) => pairs.every(([id = '']) => keyIdPattern.test(id)),
    'must be pairs like id:secret, separated by commas',
  )
  .refine((pairs) => new Set(pairs.map(([id]) => id)).size === pairs.length, 'names the same key id twice')
  .refine(
    (pairs) => pairs.every(([, secret]) => secretSetting.safeParse(secret).success),
    'must have secrets that are at least 32 bytes long',
  )
  .transform((pairs): ReadonlyMap<string, string> => new Map(pairs as [string, string][]));

/** An http or https address. */
export const httpUrlSetting = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be an http or https address',
  );

/** Values separated by commas. */
export const listSetting = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

/** What every service reads. */
export const commonSettings = {
  /** Address the service listens on. */
  HOST: textSetting(255).default('127.0.0.1'),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'info', 'debug'], { error: 'must be error, warn, info or debug' })
    .default('info'),
  /** `json` for machines, `pretty` for people. */
  LOG_FORMAT: z.enum(['json', 'pretty'], { error: 'must be json or pretty' }).default('json'),
  /** Also write the log to this file; SIGHUP opens it anew. */
  LOG_FILE: z.string().optional(),
  /** Signs the tokens between gateway and media server. */
  SERVICE_JWT_SECRET: secretSetting,
  /** `iss` of every token. */
  JWT_ISSUER: textSetting(255).default('crossfade'),
  /** Where `/metrics` listens: not for the public. */
  METRICS_HOST: textSetting(255).default('127.0.0.1'),
  /** Base address of an OpenTelemetry collector (OTLP over HTTP) that traces are sent to; none: no traces. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .optional(),
  /** `production`: the gateway hands out no tokens. A closed list, for a misspelt one would hand them out. */
  NODE_ENV: z
    .enum(['production', 'development', 'test'], { error: 'must be production, development or test' })
    .optional(),
};
