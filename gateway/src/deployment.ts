/** What the settings say of this deployment, in the words of those who work by it. Pure. */
import type { TokenKey } from '@crossfade/service/tokens';
import type { CallPolicy } from './calls/state.ts';
import type { GatewayConfig } from './config.ts';
import { parseDnsName } from './nodes/addresses.ts';
import type { MediaServersOptions } from './nodes/media-servers.ts';

export function callPolicyOf(config: GatewayConfig): CallPolicy {
  return {
    p2pMaxParticipants: config.P2P_MAX_PARTICIPANTS,
    meshMaxParticipants: config.MESH_MAX_PARTICIPANTS,
    backToP2pDelayMs: config.BACK_TO_P2P_DELAY_MS,
    switchTimeoutMs: config.SWITCH_TIMEOUT_MS,
    resumeWindowMs: config.RESUME_WINDOW_MS,
    maxParticipants: config.MAX_PARTICIPANTS,
    standby: config.STANDBY_CONNECTIONS === 'on',
    floor: {
      maxTalkMs: config.FLOOR_MAX_TALK_MS,
      retryAfterMs: config.FLOOR_RETRY_AFTER_MS,
      lostGraceMs: config.FLOOR_LOST_GRACE_MS,
      maxQueue: config.FLOOR_MAX_QUEUE,
    },
  };
}

/** What the tokens of users are checked with, and made with in development. */
export function userKeyOf(config: GatewayConfig): TokenKey {
  return { secret: config.USER_JWT_SECRET, issuer: config.JWT_ISSUER };
}

/** What this gateway shows the media servers who it is. */
export function serviceKeyOf(config: GatewayConfig): TokenKey {
  return {
    secret: config.SERVICE_JWT_SECRET,
    issuer: config.JWT_ISSUER,
    keyId: config.SERVICE_JWT_KEY_ID,
  };
}

export function mediaServersOf(
  config: GatewayConfig,
): Pick<MediaServersOptions, 'addresses' | 'region' | 'pollEveryMs' | 'limits' | 'key'> {
  const {
    MEDIA_SERVER_DNS: name,
    MEDIA_SERVER_DNS_INTERVAL_MS: everyMs,
    MEDIA_SERVER_DNS_SERVERS: servers,
  } = config;
  const dns = name === undefined ? undefined : parseDnsName(name);
  return {
    addresses: dns ? { dns, everyMs, servers } : config.MEDIA_SERVER_URLS,
    region: config.REGION ?? null,
    pollEveryMs: config.MEDIA_SERVER_POLL_MS,
    limits: { deadAfterMs: config.MEDIA_SERVER_DEAD_AFTER_MS, steadyMs: config.MEDIA_SERVER_STEADY_MS },
    key: serviceKeyOf(config),
  };
}
