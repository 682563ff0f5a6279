/** What a producer may be, and how mediasoup is told to make it. Pure. */
import { CodedError, type FieldError } from '@crossfade/shared/errors';
import type { produceRequestSchema } from '@crossfade/shared/media-api';
import type { MediaKind, MediaSource, RtpParameters } from '@crossfade/shared/rtp';
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

/** Streams of one producer at most: more sizes of one picture than that nobody can tell apart. */
const MAX_ENCODINGS = 4;

/**
 * How a codec comes in several sizes: each in a stream of its own (simulcast), or all in one (SVC). mediasoup forwards no
 * other combination, though it would take them. Of codecs that are not here the room speaks none.
 */
const LAYERING: Readonly<Record<string, 'simulcast' | 'svc'>> = {
  'video/vp8': 'simulcast',
  'video/h264': 'simulcast',
  'video/vp9': 'svc',
  'video/av1': 'svc',
};

/**
 * Scalability modes (W3C webrtc-svc, 6) that mediasoup reads the way they are meant: up to 3 layers each way. It would
 * read those with `h` or `_KEY_SHIFT` as others.
 */
const SCALABILITY_MODE = /^(?:[LS](?<spatial>[1-3])T[1-3]|L[23]T[1-3]_KEY)$/;

/** @throws CodedError `validation-failed` for what the fields say of each other */
export function checkProduceRequest({ kind, source, rtpParameters }: ProduceRequest): void {
  const errors: FieldError[] = [];
  if (!KINDS[source].includes(kind)) errors.push({ path: 'source', message: `is not ${kind}` });
  rtpParameters.codecs.forEach((codec, index) => {
    if (!codec.mimeType.toLowerCase().startsWith(`${kind}/`)) {
      errors.push({ path: `rtpParameters.codecs.${index}.mimeType`, message: `is not ${kind}` });
    }
  });
  errors.push(...encodingErrors(kind, rtpParameters));
  const first = errors[0];
  if (first) throw new CodedError('validation-failed', `${first.path}: ${first.message}`, { errors });
}

function encodingErrors(kind: MediaKind, { codecs, encodings = [] }: RtpParameters): FieldError[] {
  const path = 'rtpParameters.encodings';
  const most = kind === 'audio' ? 1 : MAX_ENCODINGS;
  if (encodings.length > most) return [{ path, message: `are more than ${most}` }];
  const errors: FieldError[] = [];
  if (encodings.length > 1 && !areDistinct(encodings)) {
    errors.push({ path, message: 'must each have an own rid, or each an own ssrc' });
  }
  const codecOf = ({ codecPayloadType }: (typeof encodings)[number]) =>
    codecs.find(({ payloadType, mimeType }) =>
      codecPayloadType === undefined ? !/\/rtx$/i.test(mimeType) : payloadType === codecPayloadType,
    )?.mimeType;
  const layered = encodings.map(codecOf).find((codec) => layeringOf(codec) === 'svc');
  if (layered !== undefined && encodings.length > 1) {
    errors.push({ path, message: `must be one: ${layered} comes in layers, not in simulcast` });
  }
  encodings.forEach((encoding, index) => {
    const { scalabilityMode } = encoding;
    if (scalabilityMode === undefined) return;
    const message = modeError(scalabilityMode, kind, layeringOf(codecOf(encoding)));
    if (message) errors.push({ path: `${path}.${index}.scalabilityMode`, message });
  });
  return errors;
}

function layeringOf(codec: string | undefined): 'simulcast' | 'svc' | undefined {
  return codec === undefined ? undefined : LAYERING[codec.toLowerCase()];
}

function modeError(
  mode: string,
  kind: MediaKind,
  layering: 'simulcast' | 'svc' | undefined,
): string | undefined {
  if (kind === 'audio') return 'is for video';
  const match = SCALABILITY_MODE.exec(mode);
  if (!match) return 'must be one like L1T3, L3T3, L3T3_KEY or S3T3, with 1 to 3 layers each way';
  // Those with _KEY have 2 or more.
  if (layering === 'simulcast' && match.groups?.['spatial'] !== '1') {
    return 'names spatial layers, which this codec has as simulcast only';
  }
  return undefined;
}

function areDistinct(encodings: NonNullable<RtpParameters['encodings']>): boolean {
  const own = (of: (encoding: (typeof encodings)[number]) => unknown) => {
    const values = encodings.map(of);
    return !values.includes(undefined) && new Set(values).size === values.length;
  };
  return own(({ rid }) => rid) || own(({ ssrc }) => ssrc);
}

export function producerOptions({ kind, rtpParameters, paused }: ProduceRequest): ProducerOptions {
  return {
    kind,
    rtpParameters,
    paused,
    ...(kind === 'video' && { keyFrameRequestDelay: KEY_FRAME_REQUEST_DELAY_MS }),
  };
}
