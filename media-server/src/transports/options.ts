/** How this server sets up WebRTC transports. Pure. */
import type { WebRtcServer, WebRtcTransportOptions } from 'mediasoup/types';

/** Seconds without a sign of the peer before ICE counts as disconnected; 30 in mediasoup. */
const ICE_CONSENT_TIMEOUT_S = 15;
/** Bits per second the bandwidth estimate towards a receiver starts from. */
const INITIAL_OUTGOING_BITRATE = 1_000_000;

export function transportOptions(request: {
  webRtcServer: WebRtcServer;
  /** Offer only TCP candidates. */
  forceTcp: boolean;
}): WebRtcTransportOptions {
  return {
    webRtcServer: request.webRtcServer,
    enableUdp: !request.forceTcp,
    enableTcp: true,
    preferUdp: true,
    initialAvailableOutgoingBitrate: INITIAL_OUTGOING_BITRATE,
    iceConsentTimeout: ICE_CONSENT_TIMEOUT_S,
  };
}
