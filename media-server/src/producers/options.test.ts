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
