/** Where a client of `/ws` has its token, and the subprotocol it is answered with. Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { PTT_SUBPROTOCOL } from '@crossfade/shared/ptt';

/** What an offered subprotocol begins with that carries the token. */
const BEARER = 'bearer.';
/** A JSON Web Token in compact form (RFC 7515, 3.1). */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The token, from the header `Authorization`, a subprotocol (`bearer.<token>`, or the token itself), or `?token=`, whichever
 * comes first in this order.
 */
export function offeredToken(headers: IncomingHttpHeaders, url: string): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const carrier = protocolsOf(headers['sec-websocket-protocol']).find(carriesToken);
  if (carrier !== undefined) return carrier.startsWith(BEARER) ? carrier.slice(BEARER.length) : carrier;
  return new URLSearchParams(url.split('?', 2)[1] ?? '').get('token') ?? undefined;
}

/**
 * Browsers give up a connection for which none of the subprotocols they offered is chosen. The one that carries the token is
 * chosen only if it is all there is.
 */
export function chosenProtocol(offered: Iterable<string>): string | false {
  const all = [...offered];
  if (all.includes(PTT_SUBPROTOCOL)) return PTT_SUBPROTOCOL;
  return all.find((protocol) => !carriesToken(protocol)) ?? all[0] ?? false;
}

function protocolsOf(header: string | undefined): string[] {
  return (header ?? '').split(',').map((protocol) => protocol.trim());
}

function carriesToken(protocol: string): boolean {
  return protocol.startsWith(BEARER) || COMPACT.test(protocol);
}
