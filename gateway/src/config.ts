/** The gateway's settings: the only reader of its environment. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  commonSettings,
  countSetting,
  httpUrlSetting,
  keyIdSetting,
  listSetting,
  millisecondsSetting,
  portSetting,
  readSettings,
  secretSetting,
  SettingError,
  textSetting,
} from '@crossfade/service/settings';
import { z } from 'zod';
import { isIceServerUrl } from './ice-servers.ts';
import { isDnsServer, parseDnsName } from './nodes/addresses.ts';
import { isNetwork } from './limits/client-address.ts';

/** An origin, and nothing more: requests and feed add their own paths to it. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, href, origin } = new URL(text);
  return /^https?:$/.test(protocol) && /^([\w.-]+|\[[\da-f:.]+\])$/i.test(hostname) && href === `${origin}/`;
}

const mediaServerUrls = listSetting
  .refine(
    (urls) => urls.length > 0 && urls.every(isOrigin),
    'must be http or https addresses without a path, separated by commas',
  )
  .transform((urls) => [...new Set(urls.map((url) => new URL(url).origin))]);

export const gatewaySettings = z.object({
  ...commonSettings,
  PORT: portSetting.default(3000),
  METRICS_PORT: portSetting.default(9465),
  /** Signs users' tokens. */
  USER_JWT_SECRET: secretSetting,
  /** A JSON Web Key Set: users' tokens signed with one of its keys (RS256, ES256) are good as well. */
  USER_JWKS_URL: httpUrlSetting.optional(),
  /** The key id (`kid`) its service tokens name: the media servers know SERVICE_JWT_SECRET under it. */
  SERVICE_JWT_KEY_ID: keyIdSetting.optional(),
  /** The media servers' REST APIs. */
  MEDIA_SERVER_URLS: mediaServerUrls.default(['http://127.0.0.1:4000']),
  /**
   * Where to look the media servers up in DNS, instead of MEDIA_SERVER_URLS: `srv:_media._tcp.example` (SRV records;
   * `srv+https:` if they speak HTTPS), or `dns+http://media-server:4000` (each A and AAAA address of that name).
   */
  MEDIA_SERVER_DNS: z
    .string()
    .refine(
      (text) => parseDnsName(text) !== undefined,
      'must be like srv:_media._tcp.example or dns+http://media-server:4000',
    )
    .optional(),
  /** How often that is done, ms. */
  MEDIA_SERVER_DNS_INTERVAL_MS: millisecondsSetting(500, 3_600_000).default(5_000),
  /**
   * The DNS servers to ask, in this order, instead of the system's: IP addresses, with a port if it is not 53
   * (`127.0.0.1:8600`). The targets of SRV records are then looked up there, too.
   */
  MEDIA_SERVER_DNS_SERVERS: listSetting
    .refine(
      (servers) => servers.every(isDnsServer),
      'must be IP addresses such as 10.0.0.10 or 127.0.0.1:8600',
    )
    .default([]),
  /** How often each media server is asked how it is, ms. */
  MEDIA_SERVER_POLL_MS: millisecondsSetting(200, 60_000).default(2_000),
  /** The calls of a media server whose polls and feed are both bad for so long move to another one, ms. */
  MEDIA_SERVER_DEAD_AFTER_MS: millisecondsSetting(0, 600_000).default(2_000),
  /** A media server that was in trouble gets new calls again when it was well for so long, ms. */
  MEDIA_SERVER_STEADY_MS: millisecondsSetting(0, 60_000).default(1_000),
  /** Where this gateway stands: media servers of the same REGION are preferred. */
  REGION: textSetting(64).optional(),
  /** A PostgreSQL server for the records; without it they are in DATA_DIR, embedded. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address')
    .optional(),
  DATA_DIR: textSetting(4096).default('.data'),
  /** A Redis server for the live calls: any number of gateways share them. Without it: in memory, one gateway. */
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must be a redis:// or rediss:// address')
    .refine((url) => URL.canParse(url), 'must be a redis:// or rediss:// address')
    .optional(),
  /** What all keys there begin with; the same for gateways that work together. */
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w:.-]{1,64}$/, 'must be 1 to 64 letters, digits and _ : . -')
    .default('crossfade:'),
  /** How long a call's records are kept after its end, days (0 to 36500; 0: for ever). */
  RECORD_RETENTION_DAYS: countSetting(0, 36_500).default(0),
  /** How long chat messages are kept, days (0 to 36500; 0: as long as their call's records). */
  CHAT_RETENTION_DAYS: countSetting(0, 36_500).default(0),
  /** Up to this many participants a call is peer-to-peer (1 to 8; each sends to every other). */
  P2P_MAX_PARTICIPANTS: countSetting(1, 8).default(2),
  /**
   * Up to this many are connected to each other when no media server can be had (2 to 8), and never fewer than
   * P2P_MAX_PARTICIPANTS; a call that is full by that takes nobody in until there is one.
   */
  MESH_MAX_PARTICIPANTS: countSetting(2, 8).default(4),
  /**
   * Whether calls that are as large as peer-to-peer allows get connections to a media server ahead of need (`on` or `off`):
   * the next person then joins without a wait. It costs the media server some memory for each such call, and no media; it
   * is left out on media servers with a load of 0.5 or more.
   */
  STANDBY_CONNECTIONS: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
  /** How long a call has to be small enough before it goes back to peer-to-peer, ms. */
  BACK_TO_P2P_DELAY_MS: millisecondsSetting(0, 3_600_000).default(5_000),
  /** How long a mode switch may take before it is given up, ms. */
  SWITCH_TIMEOUT_MS: millisecondsSetting(100, 60_000).default(2_000),
  /** How long a participant whose signalling is lost is waited for, ms. */
  RESUME_WINDOW_MS: millisecondsSetting(0, 600_000).default(30_000),
  /** Most participants in one call. */
  MAX_PARTICIPANTS: countSetting(1, 10_000).default(100),
  /** Push-to-talk: longest one may speak at a time, ms (timer T2 of 3GPP TS 24.380, which leaves it to the operator). */
  FLOOR_MAX_TALK_MS: millisecondsSetting(1_000, 3_600_000).default(30_000),
  /** How long who was cut off for that may not ask to speak again, ms (timer T9 of TS 24.380; 0: at once). */
  FLOOR_RETRY_AFTER_MS: millisecondsSetting(0, 600_000).default(3_000),
  /** How many may wait to speak in one call (0 to 1000). */
  FLOOR_MAX_QUEUE: countSetting(0, 1_000).default(20),
  /** How long a speaker whose connection is lost keeps the floor, ms. */
  FLOOR_LOST_GRACE_MS: millisecondsSetting(0, 30_000).default(1_000),
  /** STUN and TURN servers for clients, such as `turn:turn.example:3478?transport=udp`. */
  TURN_URLS: listSetting
    .refine(
      (urls) => urls.every(isIceServerUrl),
      'must be addresses such as stun:host:3478 or turn:host:3478?transport=udp, separated by commas',
    )
    .default([]),
  /** coturn's `static-auth-secret`. */
  TURN_SECRET: z.string().min(1).optional(),
  /** How long TURN credentials are good, seconds: longer than a call may last, since a refresh needs them again. */
  TURN_TTL_S: countSetting(60, 604_800).default(86_400),
  /** Web pages of other origins that may use this gateway. */
  ALLOWED_ORIGINS: listSetting
    .refine(
      (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      'must be origins such as https://app.example',
    )
    .default([]),
  /** Proxies whose `X-Forwarded-For` is believed: IP addresses and networks such as `10.0.0.0/8`. */
  TRUSTED_PROXIES: listSetting
    .refine((networks) => networks.every(isNetwork), 'must be IP addresses or networks such as 10.0.0.0/8')
    .default([]),
  /** Sockets of one user at one gateway: tabs and devices (1 to 10,000). */
  MAX_SOCKETS_PER_USER: countSetting(1, 10_000).default(20),
  /** Sockets of one address at one gateway: there may be an office behind it (1 to 1,000,000). */
  MAX_SOCKETS_PER_ADDRESS: countSetting(1, 1_000_000).default(2_000),
  /** Connections a user opens a minute. */
  MAX_CONNECTIONS_PER_MINUTE: countSetting(1, 100_000).default(120),
  /** Joins and resumptions of one user a minute. */
  MAX_JOINS_PER_MINUTE: countSetting(1, 100_000).default(120),
  /** Descriptions and candidates of one user a second; counted over 10 s, like what follows. */
  MAX_SIGNALS_PER_SECOND: countSetting(1, 100_000).default(100),
  /** `media:` requests of one user a second: who joins a call of 50 makes a few hundred at once. */
  MAX_MEDIA_REQUESTS_PER_SECOND: countSetting(1, 100_000).default(100),
  /** Chat and moderation requests of one user a second. */
  MAX_MESSAGES_PER_SECOND: countSetting(1, 100_000).default(10),
  /** All other signalling requests of one user a second. */
  MAX_REQUESTS_PER_SECOND: countSetting(1, 100_000).default(20),
  /** REST requests of one user a second. */
  MAX_REST_REQUESTS_PER_SECOND: countSetting(1, 100_000).default(20),
  /** Tokens that `POST /api/tokens` gives to one address a minute (development only). */
  MAX_TOKENS_PER_MINUTE: countSetting(1, 100_000).default(120),
  /** An address may do as much as so many users, but for tokens. */
  MAX_USERS_PER_ADDRESS: countSetting(1, 100_000).default(100),
  /** Messages of any kind over one socket a second; ten times as many at once. Who goes on is disconnected. */
  MAX_SOCKET_MESSAGES_PER_SECOND: countSetting(1, 100_000).default(100),
  /** A client for whom more bytes wait than this is disconnected. */
  MAX_SOCKET_BACKLOG_BYTES: countSetting(65_536, 1_073_741_824).default(1_000_000),
  /** Also write the audit log to this file; SIGHUP opens it anew. */
  AUDIT_LOG_FILE: z.string().optional(),
  /** The built web app; `none`: none is served. */
  WEB_ROOT: z.string().default(fileURLToPath(new URL('../../web/dist', import.meta.url))),
  /** Serve HTTPS with this certificate and key (PEM files). */
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
});

export type GatewayConfig = Readonly<z.infer<typeof gatewaySettings>>;

/** Words that stand in examples, and in no secret that was made by chance. */
const EXAMPLE = /change.?me|secret|password|example|placeholder|insecure/i;
/** Different characters of a secret; 32 random bytes in hexadecimal have all 16. */
const LEAST_CHARACTERS = 10;

/** @throws SettingError */
export function readConfig(environment: NodeJS.ProcessEnv): GatewayConfig {
  const config = readSettings(gatewaySettings, environment);
  if (config.NODE_ENV === 'production') refuseGuessable(config);
  const { DATA_DIR, WEB_ROOT } = config;
  return Object.freeze({
    ...config,
    DATA_DIR: path.resolve(DATA_DIR),
    WEB_ROOT: WEB_ROOT === 'none' ? WEB_ROOT : path.resolve(WEB_ROOT),
  });
}

/** Secrets that anybody may know: in development they do no harm. */
function refuseGuessable(config: GatewayConfig): void {
  for (const name of ['SERVICE_JWT_SECRET', 'USER_JWT_SECRET'] as const) {
    const secret = config[name];
    if (EXAMPLE.test(secret) || new Set(secret).size < LEAST_CHARACTERS)
      throw new SettingError(
        `Setting ${name} must not be guessable in production: use openssl rand -hex 32.`,
      );
  }
  // Whoever signs users' tokens could give orders to media servers.
  if (config.USER_JWT_SECRET === config.SERVICE_JWT_SECRET)
    throw new SettingError('Setting USER_JWT_SECRET must not be SERVICE_JWT_SECRET in production.');
}
