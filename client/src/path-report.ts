/** Tells the gateway what this client sees of a peer-to-peer path, with what the connection says about itself. */
import type { PathRequest } from '@crossfade/shared/signalling';
import { readReceiverStats } from './receiver-stats.ts';
import type { Request } from './signalling.ts';

export async function reportPath(
  request: Request,
  report: Pick<PathRequest, 'callId' | 'with' | 'state'>,
  connection: Pick<RTCPeerConnection, 'getStats'>,
): Promise<void> {
  try {
    const { rttMs, relayed } = readReceiverStats(await connection.getStats());
    await request('call:path', {
      ...report,
      ...(rttMs !== null && { rttMs }),
      ...(relayed !== null && { relayed }),
    });
  } catch {
    // The connection, or the participant, is gone meanwhile: there is nothing to tell any more.
  }
}
