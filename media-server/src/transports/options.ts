/** How this server sets up WebRTC transports. */
import type { WebRtcServer, WebRtcTransport, WebRtcTransportOptions } from 'mediasoup/types';
import { ask } from '../workers/ask.ts';

/** Seconds without a sign of the peer before ICE counts as disconnected; 30 in mediasoup. */
const ICE_CONSENT_TIMEOUT_S = 15;

/** Bits per second, per transport; 0 where mediasoup is left alone. */
export interface Bitrates {
  /** What a participant may send at most; 0: as much as it likes. */
  maxIncoming: number;
  /** What the bandwidth estimate towards a receiver starts from. */
  initialOutgoing: number;
  /** What the estimate never goes below; 0: mediasoup's own 30,000. */
  minOutgoing: number;
}

export function transportOptions(request: {
  webRtcServer: WebRtcServer;
  /** Offer only TCP candidates. */
  forceTcp: boolean;
  /** Allow data channels. */
  sctp: boolean;
  bitrates: Bitrates;
}): WebRtcTransportOptions {
  return {
    webRtcServer: request.webRtcServer,
    enableUdp: !request.forceTcp,
    enableTcp: true,
    preferUdp: true,
    initialAvailableOutgoingBitrate: Math.max(request.bitrates.initialOutgoing, request.bitrates.minOutgoing),
    iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
    enableSctp: request.sctp,
  };
}

/** The limits that mediasoup takes only once the transport is there. @throws CodedError `timeout`, `no-capacity` */
export async function limitBitrates(
  media: WebRtcTransport,
  { direction, bitrates }: { direction: 'send' | 'recv'; bitrates: Bitrates },
): Promise<void> {
  const { maxIncoming, minOutgoing } = bitrates;
  if (direction === 'send' && maxIncoming > 0) await ask(media.setMaxIncomingBitrate(maxIncoming));
  if (direction === 'recv' && minOutgoing > 0) await ask(media.setMinOutgoingBitrate(minOutgoing));
}
