/** The media server's settings: read from the environment once, validated and frozen. The only reader of process.env. */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import {
  SettingError,
  commonSettings,
  countSetting,
  httpUrlSetting,
  keysSetting,
  portSetting,
  readSettings,
  textSetting,
} from '@crossfade/service/settings';
import { z } from 'zod';
import type { QuotaLimits } from './quotas/limits.ts';

export const mediaServerSettings = z.object({
  ...commonSettings,
  /** REST API and feed. */
  PORT: portSetting.default(4000),
  /** `/metrics`; 0 switches it off. */
  METRICS_PORT: portSetting.default(9464),
  /** Further secrets of service tokens by key id, `id:secret,id:secret`: while one is being replaced. */
  SERVICE_JWT_KEYS: keysSetting.optional(),
  /** A JSON Web Key Set: service tokens signed with one of its keys (RS256, ES256) are good as well. */
  SERVICE_JWKS_URL: httpUrlSetting.optional(),
  /** Largest body of a request, bytes, 16 KiB to 16 MiB: a browser's RTP capabilities are about 10 KB. */
  MAX_BODY_BYTES: countSetting(16_384, 16_777_216).default(262_144),
  /** Rooms on this server, 1 to 100000. */
  MAX_ROOMS: countSetting(1, 100_000).default(2_000),
  /** New rooms a second for one service (the subject of its token), 1 to 10000. */
  MAX_NEW_ROOMS_PER_SECOND: countSetting(1, 10_000).default(50),
  /** Participants in one room, 1 to 10000; its creator may ask for fewer. */
  MAX_PARTICIPANTS_PER_ROOM: countSetting(1, 10_000).default(500),
  /** Transports of one participant in one room, 2 to 1000: one to send, one to receive, and twice that while it moves. */
  MAX_TRANSPORTS_PER_PARTICIPANT: countSetting(2, 1_000).default(8),
  /** Producers of one participant in one room, 1 to 1000; as many data producers. */
  MAX_PRODUCERS_PER_PARTICIPANT: countSetting(1, 1_000).default(16),
  /** Consumers of one participant in one room, 1 to 100000; as many data consumers. */
  MAX_CONSUMERS_PER_PARTICIPANT: countSetting(1, 100_000).default(2_000),
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
  /** Seconds a room lives on after the lease that nobody renewed, 0 to 3600. */
  LEASE_GRACE_S: countSetting(0, 3_600).default(10),
  /** Seconds a room may be without participants before it is closed, 1 to 86400. */
  EMPTY_ROOM_TIMEOUT_S: countSetting(1, 86_400).default(300),
  /** Consumers that make one worker full, 1 to 100000: a room that has so many grows into another worker, and a server that is
   * 80 % full takes no new rooms. */
  WORKER_CONSUMER_CAPACITY: countSetting(1, 100_000).default(500),
  /** Seconds the rooms get when the server drains, on SIGTERM too: 0 to 86400. */
  DRAIN_DEADLINE_S: countSetting(0, 86_400).default(30),
  /** Seconds between two looks at the statistics of all streams, for the metrics: 0 to 3600 (0: never). */
  STATS_INTERVAL_S: countSetting(0, 3_600).default(15),
  /** Bits per second a participant may send over one transport, 0 to 1000000000; 0: as much as it likes. */
  MAX_INCOMING_BITRATE: countSetting(0, 1_000_000_000).default(0),
  /** Bits per second the bandwidth estimate towards a receiver starts from, 30000 to 1000000000. */
  INITIAL_OUTGOING_BITRATE: countSetting(30_000, 1_000_000_000).default(1_000_000),
  /** Bits per second that estimate never goes below, nor starts below, 0 to 1000000000; 0: mediasoup's own 30000. */
  MIN_OUTGOING_BITRATE: countSetting(0, 1_000_000_000).default(0),
  /** Milliseconds after which a track that nobody receives is no longer taken in, 0 to 600000; 0: always taken in. */
  UNWATCHED_PAUSE_MS: countSetting(0, 600_000).default(3_000),
  /** Milliseconds for which nobody has wanted the larger sizes of a picture before its sender is told, 0 to 600000; 0: never. */
  UNWANTED_LAYERS_MS: countSetting(0, 600_000).default(5_000),
  /** Where this server stands, for placing calls near their people. */
  REGION: textSetting(64).optional(),
});

export type MediaServerConfig = Readonly<z.infer<typeof mediaServerSettings>>;

const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

/** @throws SettingError one sentence that names the setting */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): MediaServerConfig {
  const config = readSettings(mediaServerSettings, environment);
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
  const last = config.RTC_BASE_PORT + config.MEDIASOUP_WORKERS - 1;
  for (const setting of ['PORT', 'METRICS_PORT'] as const) {
    const port = config[setting];
    if (port === 0 || port < config.RTC_BASE_PORT || port > last || config.RTC_BASE_PORT === 0) continue;
    throw new SettingError(
      `Setting ${setting} must not be one of the media ports, ${config.RTC_BASE_PORT} to ${last}.`,
    );
  }
  if (config.METRICS_PORT !== 0 && config.METRICS_PORT === config.PORT && meet(config)) {
    throw new SettingError('Setting METRICS_PORT must not be the same as PORT.');
  }
  return config;
}

/** Whether the API and the metrics listen on the same address. */
function meet({ HOST, METRICS_HOST }: MediaServerConfig): boolean {
  return HOST === METRICS_HOST || ANY_ADDRESS.has(HOST) || ANY_ADDRESS.has(METRICS_HOST);
}

export function quotaLimitsOf(config: MediaServerConfig): QuotaLimits {
  return {
    perParticipant: {
      transports: config.MAX_TRANSPORTS_PER_PARTICIPANT,
      producers: config.MAX_PRODUCERS_PER_PARTICIPANT,
      dataProducers: config.MAX_PRODUCERS_PER_PARTICIPANT,
      consumers: config.MAX_CONSUMERS_PER_PARTICIPANT,
      dataConsumers: config.MAX_CONSUMERS_PER_PARTICIPANT,
    },
    participantsPerRoom: config.MAX_PARTICIPANTS_PER_ROOM,
    rooms: config.MAX_ROOMS,
    roomsPerSecond: config.MAX_NEW_ROOMS_PER_SECOND,
  };
}

/** The settings of this process: its environment, and `.env` at the root of the project for what is not in it. */
export function readConfig(): MediaServerConfig {
  const dotEnv = fileURLToPath(new URL('../../.env', import.meta.url));
  if (existsSync(dotEnv)) process.loadEnvFile(dotEnv);
  return parseConfig(process.env);
}
