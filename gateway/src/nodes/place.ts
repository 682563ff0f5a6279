/**
 * Which media server a call's room goes to. Pure. The servers are tried in rendezvous order (Thaler and Ravishankar,
 * 1998): each call ranks them by a hash of both names, so calls spread evenly, the same call asks the same server
 * first, and when one server is gone only its own calls move.
 */
import { createHash } from 'node:crypto';

export function placementOrder(callId: string, servers: readonly string[]): string[] {
  return servers
    .map((server) => ({ server, rank: createHash('sha256').update(`${server}\n${callId}`).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ server }) => server);
}
