import { describe, expect, test } from '@jest/globals';
import {
  dtlsParametersSchema,
  iceCandidateSchema,
  rtpCapabilitiesSchema,
  rtpParametersSchema,
} from './rtp.ts';

const codec = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
const valid = { mid: '0', codecs: [codec], encodings: [{ ssrc: 1 }] };
const fingerprint = (algorithm: string, bytes: number) => ({
  algorithm,
  value: Array.from({ length: bytes }, () => 'A0').join(':'),
});

test('what a browser sends passes', () => {
  expect(rtpParametersSchema.safeParse(valid).success).toBe(true);
  expect(
    dtlsParametersSchema.safeParse({ role: 'client', fingerprints: [fingerprint('sha-256', 32)] }).success,
  ).toBe(true);
});

describe('what mediasoup would take and should not get', () => {
  test.each<[string, object]>([
    ['ssrc −1', { ...valid, encodings: [{ ssrc: -1 }] }],
    ['ssrc 0', { ...valid, encodings: [{ ssrc: 0 }] }],
    ['ssrc NaN', { ...valid, encodings: [{ ssrc: NaN }] }],
    ['ssrc 2^32', { ...valid, encodings: [{ ssrc: 2 ** 32 }] }],
    ['payload type 999', { ...valid, codecs: [{ ...codec, payloadType: 999 }] }],
    [
      'header extension id 999',
      { ...valid, headerExtensions: [{ uri: 'urn:3gpp:video-orientation', id: 999 }] },
    ],
    ['an unknown header extension', { ...valid, headerExtensions: [{ uri: 'urn:x', id: 1 }] }],
    ['a mid of 100 KB', { ...valid, mid: 'x'.repeat(100_000) }],
    ['a cname of 7 MB', { ...valid, rtcp: { cname: 'x'.repeat(7_000_000) } }],
    ['no codec', { ...valid, codecs: [] }],
    ['a media type that is none', { ...valid, codecs: [{ ...codec, mimeType: 'opus' }] }],
  ])('%s', (_what, parameters) => {
    expect(rtpParametersSchema.safeParse(parameters).success).toBe(false);
  });

  test.each<[string, unknown[]]>([
    ['none', []],
    ['md5', [fingerprint('md5', 16)]],
    ['“zz”', [{ algorithm: 'sha-256', value: 'zz' }]],
    ['one that is too short for its algorithm', [fingerprint('sha-256', 31)]],
  ])('fingerprints: %s', (_what, fingerprints) => {
    expect(dtlsParametersSchema.safeParse({ fingerprints }).success).toBe(false);
  });

  test.each([0, -1, 65_536, 1.5, '53'])('port %p', (port) => {
    const candidate = {
      foundation: 'f',
      priority: 1,
      ip: '127.0.0.1',
      address: '127.0.0.1',
      protocol: 'udp',
      type: 'host',
      port,
    };
    expect(iceCandidateSchema.safeParse(candidate).success).toBe(false);
  });

  test('capabilities with 10,000 codecs, refused at once', () => {
    const codecs = Array.from({ length: 10_000 }, () => ({
      kind: 'audio',
      preferredPayloadType: 1,
      mimeType: 'audio/opus',
      clockRate: 48_000,
    }));
    expect(rtpCapabilitiesSchema.safeParse({ codecs }).success).toBe(false);
  });

  test('a key called __proto__ reaches no prototype', () => {
    const parsed = rtpParametersSchema.safeParse(
      JSON.parse(
        '{"codecs":[{"mimeType":"audio/opus","payloadType":1,"clockRate":8000,"parameters":{"__proto__":"x"}}],"__proto__":{"polluted":1}}',
      ),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    if (parsed.success) expect((parsed.data as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
