import { describe, expect, test } from '@jest/globals';
import type { RtpCapabilities } from '@crossfade/shared/rtp';
import { getSupportedRtpCapabilities } from 'mediasoup';
import { relevantCapabilities } from './relevant-capabilities.ts';

const everything = getSupportedRtpCapabilities() as RtpCapabilities;
const video = { kind: 'video', mimeTypes: new Set(['video/vp8', 'video/rtx']) } as const;

describe('what of a receiver matters for a producer', () => {
  test('its codecs, retransmission once, and the extensions of its kind', () => {
    const { codecs, headerExtensions } = relevantCapabilities(everything, video);
    expect(codecs?.map(({ mimeType }) => mimeType.toLowerCase())).toEqual(['video/vp8']);
    expect(new Set(headerExtensions?.map(({ kind }) => kind))).toEqual(new Set(['video']));
  });

  test('of what a browser lists, one retransmission codec stays', () => {
    const rtx = (preferredPayloadType: number) => ({
      kind: 'video' as const,
      mimeType: 'video/rtx',
      clockRate: 90_000,
      preferredPayloadType,
      parameters: { apt: preferredPayloadType - 1 },
    });
    const vp8 = { ...rtx(96), mimeType: 'video/VP8', parameters: {} };
    const { codecs } = relevantCapabilities({ codecs: [vp8, rtx(97), rtx(99), rtx(101)] }, video);
    expect(codecs?.map(({ preferredPayloadType }) => preferredPayloadType)).toEqual([96, 97]);
  });

  test('a receiver that knows nothing of it keeps nothing', () => {
    expect(relevantCapabilities({}, video)).toEqual({ codecs: [], headerExtensions: [] });
  });
});
