/** Whatever passes the schemas: the worker lives, the answer has a code, and the room goes on. */
import { describe, expect, it } from '@jest/globals';
import type { ConsumerAnswer } from '@crossfade/shared/media-api';
import fc from 'fast-check';
import type { Harness } from './harness.ts';
import { unharmed } from './unharmed.ts';

let harness: Harness;
unharmed((started) => {
  harness = started;
});

const payloadType = fc.integer({ min: 0, max: 127 });
const ssrc = fc.integer({ min: 1, max: 0xffff_ffff });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const fmtp = fc.dictionary(
  fc.constantFrom('apt', 'usedtx', '__proto__', 'x'),
  fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
  ),
  { maxKeys: 2 },
);
/** What rooms speak, so that most of it gets past mediasoup's own checks and into the worker. */
const known = {
  audio: [{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }],
  video: [
    { mimeType: 'video/VP8', clockRate: 90_000 },
    { mimeType: 'video/VP9', clockRate: 90_000 },
    { mimeType: 'video/AV1', clockRate: 90_000 },
    { mimeType: 'video/rtx', clockRate: 90_000, parameters: { apt: 96 } },
    { mimeType: 'video/rtx', clockRate: 90_000, parameters: { apt: '96' } },
  ],
};
const codecOf = (kind: 'audio' | 'video') =>
  fc
    .record({
      base: fc.oneof(
        { weight: 20, arbitrary: fc.constantFrom(...known[kind]) },
        { weight: 1, arbitrary: fc.constantFrom({ mimeType: `${kind}/x`, clockRate: 1 }) },
      ),
      payloadType: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(96, 97, 98) }, payloadType),
      parameters: fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fmtp }),
      rtcpFeedback: optional(
        fc.array(fc.record({ type: fc.constantFrom('nack', 'ccm', 'goog-remb', 'transport-cc') }), {
          maxLength: 4,
        }),
      ),
    })
    .map(({ base, parameters, ...rest }) => ({
      ...base,
      ...rest,
      parameters: { ...('parameters' in base ? base.parameters : {}), ...parameters },
    }));
const encoding = fc.record({
  ssrc: optional(fc.oneof(fc.constantFrom(5, 6), ssrc)),
  rid: optional(fc.constantFrom('r0', 'r1', 'h')),
  codecPayloadType: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    fc.constantFrom(96, 97),
    payloadType,
  ),
  rtx: optional(fc.record({ ssrc: fc.oneof(fc.constantFrom(5, 6), ssrc) })),
  dtx: optional(fc.boolean()),
  scalabilityMode: optional(fc.constantFrom('L1T3', 'L3T3', 'S3T3', 'L9T9', 'L0T0', 'L3T3_KEY', 'nonsense')),
  maxBitrate: optional(fc.integer({ min: 1, max: 1_000_000_000 })),
});
const headerExtension = fc.record({
  uri: fc.constantFrom(
    'urn:ietf:params:rtp-hdrext:sdes:mid',
    'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
    'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
    'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  ),
  id: fc.integer({ min: 1, max: 255 }),
  encrypt: optional(fc.boolean()),
});
const produceRequest = fc.constantFrom('audio' as const, 'video' as const).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    source: fc.constant('injected' as const),
    paused: fc.boolean(),
    rtpParameters: fc.record({
      mid: optional(fc.constantFrom('0', '1', 'x'.repeat(32))),
      codecs: fc.uniqueArray(codecOf(kind), {
        minLength: 1,
        maxLength: 4,
        selector: (codec) => codec.payloadType,
      }),
      headerExtensions: optional(fc.array(headerExtension, { maxLength: 4 })),
      encodings: optional(fc.array(encoding, { maxLength: 8 })),
      rtcp: optional(
        fc.record({ cname: optional(fc.string({ maxLength: 255 })), reducedSize: optional(fc.boolean()) }),
      ),
    }),
  }),
);

describe('random media parameters', () => {
  it('never kill a worker, never answer 500', async () => {
    const { rtpCapabilities } = await harness.createRoom('random');
    const send = await harness.createTransport('random', 'sender', 'send');
    const receive = await harness.createTransport('random', 'receiver', 'recv');

    await fc.assert(
      fc.asyncProperty(produceRequest, async (body) => {
        const produced = await harness.post(`/rooms/random/transports/${send.id}/produce`, body);
        expect([201, 422]).toContain(produced.status);
        if (produced.status !== 201) return;
        const producerId = (produced.body as { id: string }).id;
        const consumed = await harness.post('/rooms/random/consume', {
          transportId: receive.id,
          producerId,
          rtpCapabilities,
        });
        expect([201, 422]).toContain(consumed.status);
        if (consumed.status === 201) {
          const { id } = consumed.body as ConsumerAnswer;
          const resumed = await harness.post(`/rooms/random/consumers/${id}/resume`);
          expect(resumed.status).toBe(200);
        }
        expect((await harness.delete(`/rooms/random/producers/${producerId}`)).status).toBe(204);
      }),
      { numRuns: 200 },
    );
    await harness.produce('random', send.id);
  });
});
