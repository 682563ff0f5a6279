/** STUN and TURN servers for clients, with time-limited credentials as coturn checks them (`use-auth-secret`). */
import { createHmac } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { IceServer } from '@crossfade/shared/signalling';

export interface TurnOptions {
  urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  secret: string | undefined;
  /** How long credentials are good, seconds. */
  ttlS: number;
}

/**
 * A `stun:` or `turn:` address as RFC 7064 and RFC 7065 have it. A browser's RTCPeerConnection throws on any other one, and
 * no call would come about.
 */
export function isIceServerUrl(url: string): boolean {
  const [, scheme, bracketed, port, transport] =
    /^(stun|turn)s?:(?:\[([\dA-Fa-f:.]+)\]|[\w.-]+)(?::(\d{1,5}))?(\?transport=(?:udp|tcp))?$/.exec(url) ??
    [];
  if (scheme === undefined) return false;
  if (bracketed !== undefined && !isIPv6(bracketed)) return false;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return false;
  return scheme === 'turn' || transport === undefined;
}

/** The servers for one participant; `name` tells them apart in the TURN server's log. */
export function iceServersFor({ urls, secret, ttlS }: TurnOptions, name: string, nowMs: number): IceServer[] {
  const stun = urls.filter((url) => url.startsWith('stun'));
  const turn = urls.filter((url) => url.startsWith('turn'));
  const servers: IceServer[] = stun.length > 0 ? [{ urls: stun }] : [];
  if (turn.length > 0 && secret !== undefined) {
    const username = `${Math.floor(nowMs / 1000) + ttlS}:${name}`;
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    servers.push({ urls: turn, username, credential });
  }
  return servers;
}
