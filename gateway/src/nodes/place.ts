/**
 * Which media server a call's room goes to. Pure. The servers are tried in rendezvous order (Thaler and Ravishankar,
 * 1998): each call ranks them by a hash of both names, so calls spread evenly, the same call asks the same server
 * first, and when one server is gone only its own calls move.
 */
import { createHash } from 'node:crypto';

/** What a call has met on some of the servers. */
export interface Wishes {
  /** Not on these. */
  avoid: readonly string[];
  /** On these only if no other takes it. */
  last: readonly string[];
}

export function placementOrder(
  callId: string,
  servers: readonly string[],
  { avoid, last }: Wishes = { avoid: [], last: [] },
): string[] {
  const ranked = byRank(
    callId,
    servers.filter((server) => !avoid.includes(server)),
  );
  const isLast = (server: string) => last.includes(server);
  return [...ranked.filter((server) => !isLast(server)), ...ranked.filter(isLast)];
}

function byRank(callId: string, servers: readonly string[]): string[] {
  return servers
    .map((server) => ({ server, rank: createHash('sha256').update(`${server}\n${callId}`).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ server }) => server);
}
