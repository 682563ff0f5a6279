/** STUN and TURN servers for clients, with time-limited credentials as coturn checks them (`use-auth-secret`). */
import { createHmac } from 'node:crypto';
import type { IceServer } from '@crossfade/shared/signalling';

/** How long TURN credentials are good, seconds: longer than a call may last, since a refresh needs them again. */
const TURN_LIFETIME_S = 24 * 3600;

export interface TurnOptions {
  urls: readonly string[];
  /** coturn's `static-auth-secret`. */
  secret: string | undefined;
}

/** The servers for one participant; `name` tells them apart in the TURN server's log. */
export function iceServersFor({ urls, secret }: TurnOptions, name: string, nowMs: number): IceServer[] {
  const stun = urls.filter((url) => url.startsWith('stun'));
  const turn = urls.filter((url) => url.startsWith('turn'));
  const servers: IceServer[] = stun.length > 0 ? [{ urls: stun }] : [];
  if (turn.length > 0 && secret !== undefined) {
    const username = `${Math.floor(nowMs / 1000) + TURN_LIFETIME_S}:${name}`;
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    servers.push({ urls: turn, username, credential });
  }
  return servers;
}
