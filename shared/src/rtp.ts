/**
 * RTP, ICE, DTLS and SCTP parameters with bounds: mediasoup validates little, so nothing reaches it that did not
 * pass here. Ranges are those of RFC 3550 (SSRC, payload type), RFC 8285 (header extension ids), RFC 8122
 * (fingerprints) and RFC 8445 (ICE).
 */
import { z } from 'zod';

export const mediaKindSchema = z.enum(['audio', 'video']);
export type MediaKind = z.infer<typeof mediaKindSchema>;

/** What a producer carries. `injected` is sound a bot or a recording plays into the call. */
export const sourceSchema = z.enum(['microphone', 'camera', 'screen', 'screen-audio', 'injected']);
export type MediaSource = z.infer<typeof sourceSchema>;

const ssrcSchema = z.int().min(1).max(0xffff_ffff);
const payloadTypeSchema = z.int().min(0).max(127);
const shortText = z.string().max(256);

/** The header extensions mediasoup knows. */
const headerExtensionUris = [
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
  'urn:3gpp:video-orientation',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
  'urn:ietf:params:rtp-hdrext:toffset',
  'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  'urn:mediasoup:params:rtp-hdrext:packet-id',
] as const;
const headerExtensionUriSchema = z.enum(headerExtensionUris);

/** Codec parameters as in SDP's `a=fmtp`. */
const fmtpSchema = z.record(z.string().max(64), z.union([shortText, z.number(), z.boolean()]));

const rtcpFeedbackSchema = z.object({ type: z.string().max(32), parameter: z.string().max(32).optional() });

const mimeTypeSchema = z
  .string()
  .regex(/^(audio|video)\/[A-Za-z0-9.+-]{1,64}$/, 'must be a media type like audio/opus');

const codecBase = {
  mimeType: mimeTypeSchema,
  clockRate: z.int().min(1).max(192_000),
  channels: z.int().min(1).max(255).optional(),
  parameters: fmtpSchema.optional(),
  rtcpFeedback: z.array(rtcpFeedbackSchema).max(32).optional(),
};

export const rtpCodecCapabilitySchema = z.object({
  kind: mediaKindSchema,
  preferredPayloadType: payloadTypeSchema,
  ...codecBase,
});

/** What an endpoint can receive. */
export const rtpCapabilitiesSchema = z.object({
  codecs: z.array(rtpCodecCapabilitySchema).max(64).optional(),
  headerExtensions: z
    .array(
      z.object({
        kind: mediaKindSchema,
        uri: headerExtensionUriSchema,
        preferredId: z.int().min(1).max(255),
        preferredEncrypt: z.boolean().optional(),
        direction: z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']).optional(),
      }),
    )
    .max(64)
    .optional(),
});
export type RtpCapabilities = z.infer<typeof rtpCapabilitiesSchema>;

/** What one producer sends or one consumer receives. */
export const rtpParametersSchema = z.object({
  mid: z.string().max(32).optional(),
  codecs: z
    .array(z.object({ payloadType: payloadTypeSchema, ...codecBase }))
    .min(1)
    .max(32),
  headerExtensions: z
    .array(
      z.object({
        uri: headerExtensionUriSchema,
        id: z.int().min(1).max(255),
        encrypt: z.boolean().optional(),
        parameters: fmtpSchema.optional(),
      }),
    )
    .max(32)
    .optional(),
  encodings: z
    .array(
      z.object({
        ssrc: ssrcSchema.optional(),
        rid: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,16}$/)
          .optional(),
        codecPayloadType: payloadTypeSchema.optional(),
        rtx: z.object({ ssrc: ssrcSchema }).optional(),
        dtx: z.boolean().optional(),
        scalabilityMode: z.string().max(32).optional(),
        maxBitrate: z.int().min(1).max(1_000_000_000).optional(),
      }),
    )
    .max(8)
    .optional(),
  rtcp: z.object({ cname: z.string().max(255).optional(), reducedSize: z.boolean().optional() }).optional(),
  msid: z.string().max(256).optional(),
});
export type RtpParameters = z.infer<typeof rtpParametersSchema>;

/*
 * The same as told by the media server: in an answer nothing has to be kept out, who uses them checks them again
 * (mediasoup-client does), and going through them costs a page a tenth of a second while a call switches.
 */
export const toldCapabilitiesSchema = z.looseObject({
  codecs: z.array(z.unknown()).optional(),
  headerExtensions: z.array(z.unknown()).optional(),
}) as unknown as z.ZodType<RtpCapabilities>;
export const toldParametersSchema = z.looseObject({
  codecs: z.array(z.unknown()).min(1),
}) as unknown as z.ZodType<RtpParameters>;

export const iceParametersSchema = z.object({
  usernameFragment: z.string().min(4).max(256),
  password: z.string().min(22).max(256),
  iceLite: z.boolean().optional(),
});
export type IceParameters = z.infer<typeof iceParametersSchema>;

export const iceCandidateSchema = z.object({
  foundation: z.string().max(64),
  priority: z.int().min(0).max(0xffff_ffff),
  ip: z.string().max(256),
  address: z.string().max(256),
  protocol: z.enum(['udp', 'tcp']),
  port: z.int().min(1).max(65_535),
  type: z.literal('host'),
  tcpType: z.literal('passive').optional(),
});

const fingerprintBytes = { 'sha-1': 20, 'sha-224': 28, 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 } as const;

const fingerprintSchema = z
  .object({
    algorithm: z.enum(['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512']),
    value: z
      .string()
      .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})*$/, 'must be hexadecimal bytes separated by colons'),
  })
  .refine(({ algorithm, value }) => (value.length + 1) / 3 === fingerprintBytes[algorithm], {
    path: ['value'],
    message: 'has the wrong length for its algorithm',
  });

export const dtlsParametersSchema = z.object({
  role: z.enum(['auto', 'client', 'server']).optional(),
  fingerprints: z.array(fingerprintSchema).min(1).max(8),
});
export type DtlsParameters = z.infer<typeof dtlsParametersSchema>;

/** As told by the media server; ranges of RFC 8831 and RFC 8841. */
export const sctpParametersSchema = z.object({
  port: z.int().min(1).max(65_535),
  maxSendMessageSize: z.int().min(1).describe('Largest message towards the client, bytes.'),
  maxReceiveMessageSize: z.int().min(1).describe('Largest message from the client, bytes.'),
  OS: z.int().min(1).max(65_535).describe('Outgoing streams.'),
  MIS: z.int().min(1).max(65_535).describe('Incoming streams at most.'),
  maxMessageSize: z.int().min(1).describe('Bytes.'),
});
export type SctpParameters = z.infer<typeof sctpParametersSchema>;

/** How one data channel is delivered, as RTCDataChannelInit says it. */
export const sctpStreamParametersSchema = z
  .object({
    streamId: z.int().min(0).max(65_534),
    ordered: z.boolean().optional(),
    maxPacketLifeTime: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Milliseconds after which a message is given up.'),
    maxRetransmits: z.int().min(0).max(65_535).optional(),
  })
  .refine(
    ({ maxPacketLifeTime, maxRetransmits }) =>
      maxPacketLifeTime === undefined || maxRetransmits === undefined,
    { message: 'names both maxPacketLifeTime and maxRetransmits' },
  );
export type SctpStreamParameters = z.infer<typeof sctpStreamParametersSchema>;
