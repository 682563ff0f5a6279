/** The media server's settings: read from the environment once, validated and frozen. The only reader of process.env. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  SettingError,
  commonSettings,
  countSetting,
  portSetting,
  readSettings,
} from '@crossfade/service/settings';
import { z } from 'zod';

const schema = z.object({
  ...commonSettings,
  /** REST API and feed. */
  PORT: portSetting.default(4000),
  /** `/metrics`; 0 switches it off. */
  METRICS_PORT: portSetting.default(9464),
  /** Media worker processes, 1 to 256; default: one per core. */
  MEDIASOUP_WORKERS: countSetting(1, 256).default(() => availableParallelism()),
  /** The worker program; default: the one mediasoup installed. */
  MEDIASOUP_WORKER_BIN: z.string().optional(),
  /** Address the workers send and receive media on. */
  MEDIASOUP_LISTEN_IP: z
    .string()
    .refine((text) => isIP(text) !== 0, 'must be an IP address')
    .default('127.0.0.1'),
  /** The address clients are told to send media to, if it is not the one above: IP address or host name. */
  MEDIASOUP_ANNOUNCED_ADDRESS: z
    .string()
    .regex(/^[A-Za-z0-9:.-]{1,253}$/, 'must be an IP address or a host name')
    .optional(),
  /** Worker n listens on this port + n, UDP and TCP; 0: any free port. */
  RTC_BASE_PORT: portSetting.default(44_400),
  /** Bits per second a participant may send over one transport, 0 to 1000000000; 0: as much as it likes. */
  MAX_INCOMING_BITRATE: countSetting(0, 1_000_000_000).default(0),
  /** Bits per second the bandwidth estimate towards a receiver starts from, 30000 to 1000000000. */
  INITIAL_OUTGOING_BITRATE: countSetting(30_000, 1_000_000_000).default(1_000_000),
  /** Bits per second that estimate never goes below, nor starts below, 0 to 1000000000; 0: mediasoup's own 30000. */
  MIN_OUTGOING_BITRATE: countSetting(0, 1_000_000_000).default(0),
  /** Milliseconds after which a track that nobody receives is no longer taken in, 0 to 600000; 0: always taken in. */
  UNWATCHED_PAUSE_MS: countSetting(0, 600_000).default(3_000),
  /** Where this server stands, for placing calls near their people. */
  REGION: z.string().max(64).optional(),
});

export type MediaServerConfig = Readonly<z.infer<typeof schema>>;

const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/** @throws SettingError one sentence that names the setting */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): MediaServerConfig {
  const config = readSettings(schema, environment);
  if (ANY_ADDRESS.has(config.MEDIASOUP_LISTEN_IP) && config.MEDIASOUP_ANNOUNCED_ADDRESS === undefined) {
    throw new SettingError(
      `Setting MEDIASOUP_ANNOUNCED_ADDRESS is not set, and nobody can send media to ${config.MEDIASOUP_LISTEN_IP}.`,
    );
  }
  if (config.RTC_BASE_PORT !== 0 && config.RTC_BASE_PORT + config.MEDIASOUP_WORKERS - 1 > 65_535) {
    throw new SettingError(
      `Setting RTC_BASE_PORT must leave a port below 65536 for each of the ${config.MEDIASOUP_WORKERS} workers.`,
    );
  }
  return config;
}

/** The settings of this process: its environment, and `.env` at the root of the project for what is not in it. */
export function readConfig(): MediaServerConfig {
  const dotEnv = fileURLToPath(new URL('../../.env', import.meta.url));
  if (existsSync(dotEnv)) process.loadEnvFile(dotEnv);
  return parseConfig(process.env);
}
