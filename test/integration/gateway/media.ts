/** Media parameters as a browser would send them, made by hand. */
import type { DtlsParameters, RtpParameters } from '@crossfade/shared/rtp';

export const dtlsParameters: DtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
};

export function opus(ssrc: number): RtpParameters {
  return {
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
    encodings: [{ ssrc }],
  };
}

/** A picture in two sizes. */
export function vp8Simulcast(): RtpParameters {
  return {
    mid: '7',
    codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 }],
    encodings: ['r0', 'r1'].map((rid) => ({ rid, scalabilityMode: 'L1T3' })),
  };
}
