/** Hand-made WebRTC parameters, as a browser would send them. */
import type { DtlsParameters, RtpCapabilities, RtpParameters } from '@crossfade/shared/rtp';

let nextSsrc = 1_000;

export function dtlsParameters(): DtlsParameters {
  const value = Array.from({ length: 32 }, (_, index) => (index + 16).toString(16))
    .join(':')
    .toUpperCase();
  return { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] };
}

export function opusParameters(): RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: 111,
        clockRate: 48_000,
        channels: 2,
        parameters: { useinbandfec: 1, minptime: 10 },
        rtcpFeedback: [{ type: 'transport-cc' }],
      },
    ],
    headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1 }],
    encodings: [{ ssrc: (nextSsrc += 10), dtx: false }],
    rtcp: { cname: 'somebody' },
  };
}

export function vp8Parameters(): RtpParameters {
  const ssrc = (nextSsrc += 10);
  return {
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 96,
        clockRate: 90_000,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }, { type: 'transport-cc' }],
      },
      { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
    ],
    encodings: [{ ssrc, rtx: { ssrc: ssrc + 1 } }],
    rtcp: { cname: 'somebody' },
  };
}

/** A receiver that knows Opus only. */
export function audioOnly(capabilities: RtpCapabilities): RtpCapabilities {
  return {
    codecs: (capabilities.codecs ?? []).filter(({ kind }) => kind === 'audio'),
    headerExtensions: (capabilities.headerExtensions ?? []).filter(({ kind }) => kind === 'audio'),
  };
}
