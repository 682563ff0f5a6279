/** What a producer may be, and how mediasoup is told to make it. Pure. */
import { CodedError, type FieldError } from '@crossfade/shared/errors';
import type { produceRequestSchema } from '@crossfade/shared/media-api';
import type { MediaKind, MediaSource } from '@crossfade/shared/rtp';
import type { ProducerOptions } from 'mediasoup/types';
import type { z } from 'zod';

export type ProduceRequest = z.output<typeof produceRequestSchema>;

/**
 * Milliseconds between two key frame requests to one sender. libwebrtc ignores a request within 300 ms of the one
 * before, and mediasoup repeats an unanswered one only after a second: asked at 0 and 150 ms for two receivers, the
 * second would see its first picture after more than a second. With this pause the request is kept, and honoured.
 */
const KEY_FRAME_REQUEST_DELAY_MS = 350;

const KINDS: Record<MediaSource, readonly MediaKind[]> = {
  microphone: ['audio'],
  camera: ['video'],
  screen: ['video'],
  'screen-audio': ['audio'],
  injected: ['audio', 'video'],
};

/** @throws CodedError `validation-failed` for what the fields say of each other */
export function checkProduceRequest({ kind, source, rtpParameters }: ProduceRequest): void {
  const errors: FieldError[] = [];
  if (!KINDS[source].includes(kind)) errors.push({ path: 'source', message: `is not ${kind}` });
  rtpParameters.codecs.forEach((codec, index) => {
    if (!codec.mimeType.toLowerCase().startsWith(`${kind}/`)) {
      errors.push({ path: `rtpParameters.codecs.${index}.mimeType`, message: `is not ${kind}` });
    }
  });
  const first = errors[0];
  if (first) throw new CodedError('validation-failed', `${first.path}: ${first.message}`, { errors });
}

export function producerOptions({ kind, rtpParameters, paused }: ProduceRequest): ProducerOptions {
  return {
    kind,
    rtpParameters,
    paused,
    ...(kind === 'video' && { keyFrameRequestDelay: KEY_FRAME_REQUEST_DELAY_MS }),
  };
}
