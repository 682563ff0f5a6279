import { describe, expect, it } from '@jest/globals';
import { produceRequestSchema } from '@crossfade/shared/media-api';
import { checkProduceRequest, producerOptions } from './options.ts';

const request = (kind: string, source: string, ...mimeTypes: string[]) =>
  produceRequestSchema.parse({
    kind,
    source,
    rtpParameters: {
      codecs: mimeTypes.map((mimeType, index) => ({ mimeType, payloadType: 96 + index, clockRate: 90_000 })),
    },
  });

describe('checkProduceRequest', () => {
  it.each([
    ['audio', 'microphone', 'audio/opus'],
    ['audio', 'injected', 'audio/opus'],
    ['video', 'injected', 'video/VP8'],
    ['video', 'screen', 'VIDEO/VP8'],
  ])('lets %s of a %s in %s pass', (kind, source, mimeType) => {
    const fitting = request(kind, source, mimeType.toLowerCase());
    expect(() => checkProduceRequest(fitting)).not.toThrow();
  });

  it('names every field that does not fit', () => {
    const wrong = request('audio', 'camera', 'audio/opus', 'video/VP8');
    expect(() => checkProduceRequest(wrong)).toThrow(
      expect.objectContaining({
        code: 'validation-failed',
        errors: [
          { path: 'source', message: 'is not audio' },
          { path: 'rtpParameters.codecs.1.mimeType', message: 'is not audio' },
        ],
      }),
    );
  });
});

describe('encodings', () => {
  type Encodings = NonNullable<ReturnType<typeof request>['rtpParameters']['encodings']>;
  const video = (mimeType: string, encodings: Encodings) => {
    const made = request('video', 'camera', mimeType, 'video/rtx');
    return { ...made, rtpParameters: { ...made.rtpParameters, encodings } };
  };
  const rids = (count: number, scalabilityMode = 'L1T3') =>
    Array.from({ length: count }, (_, index) => ({ rid: `r${index}`, scalabilityMode }));

  it.each([
    ['video/VP8', rids(3)],
    ['video/H264', rids(4, 'L1T1')],
    ['video/VP8', [{ ssrc: 1 }, { ssrc: 2 }]],
    ['video/VP9', [{ ssrc: 1, scalabilityMode: 'L3T3_KEY' }]],
    ['video/VP9', [{ ssrc: 1, scalabilityMode: 'S3T3' }]],
    ['video/AV1', [{ ssrc: 1, scalabilityMode: 'L3T3' }]],
    ['video/AV1', [{ ssrc: 1 }]],
  ])('of %s may be %j', (mimeType, encodings) => {
    expect(() => checkProduceRequest(video(mimeType, encodings))).not.toThrow();
  });

  const all = 'rtpParameters.encodings';
  it.each([
    ['video/VP9', rids(2), all],
    ['video/AV1', rids(3), all],
    ['video/VP8', rids(5), all],
    ['video/VP8', [{ rid: 'a' }, { rid: 'a' }], all],
    ['video/VP8', [{ rid: 'a' }, {}], all],
    ['video/H264', [{ ssrc: 1 }, { ssrc: 1 }], all],
    ['video/VP8', [{ ssrc: 1, scalabilityMode: 'L3T3' }], `${all}.0.scalabilityMode`],
    ['video/H264', [{ ssrc: 1, scalabilityMode: 'S2T1' }], `${all}.0.scalabilityMode`],
    ['video/H264', [{ ssrc: 1, scalabilityMode: 'L3T3_KEY' }], `${all}.0.scalabilityMode`],
    ['video/VP9', [{ ssrc: 1, scalabilityMode: 'L9T9' }], `${all}.0.scalabilityMode`],
    ['video/VP9', [{ ssrc: 1, scalabilityMode: 'L2T2_KEY_SHIFT' }], `${all}.0.scalabilityMode`],
    ['video/AV1', [{ ssrc: 1, scalabilityMode: 'L2T2h' }], `${all}.0.scalabilityMode`],
  ])('of %s may not be %j', (mimeType, encodings, path) => {
    expect(() => checkProduceRequest(video(mimeType, encodings as Encodings))).toThrow(
      expect.objectContaining({ code: 'validation-failed', errors: [expect.objectContaining({ path })] }),
    );
  });

  it('of sound are one, without layers', () => {
    const sound = request('audio', 'microphone', 'audio/opus');
    const sent = (encodings: Encodings) => () =>
      checkProduceRequest({ ...sound, rtpParameters: { ...sound.rtpParameters, encodings } });
    expect(sent([{ ssrc: 1 }])).not.toThrow();
    expect(sent([{ ssrc: 1 }, { ssrc: 2 }])).toThrow('are more than 1');
    expect(sent([{ ssrc: 1, scalabilityMode: 'L1T1' }])).toThrow('is for video');
  });
});

describe('producerOptions', () => {
  it('spaces key frame requests of video further apart than libwebrtc ignores them', () => {
    expect(producerOptions(request('video', 'camera', 'video/VP8')).keyFrameRequestDelay).toBeGreaterThan(
      300,
    );
    expect(producerOptions(request('audio', 'microphone', 'audio/opus'))).not.toHaveProperty(
      'keyFrameRequestDelay',
    );
  });
});
