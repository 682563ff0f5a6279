/** STUN and TURN servers for clients, with time-limited credentials as coturn checks them (`use-auth-secret`). */
import { createHmac } from 'node:crypto';
import type { IceServer } from '@crossfade/shared/signalling';

export interface TurnOptions {
  urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  secret: string | undefined;
  /** How long credentials are good, seconds. */
  ttlS: number;
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
