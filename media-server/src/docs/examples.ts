/** Bodies of requests as they could be sent, by operation. A test checks them against the schemas. */
import type {
  ConnectTransportRequest,
  ConsumeRequest,
  CreateRoomRequest,
  CreateTransportRequest,
  DrainRequest,
  PatchConsumerRequest,
  ProduceDataRequest,
  ProduceRequest,
} from '@crossfade/shared/media-api';
import type { DtlsParameters, RtpCapabilities, RtpParameters } from '@crossfade/shared/rtp';

type Examples = Record<string, { summary: string; value: object }>;

const TRANSPORT_ID = '7f0d3a0e-5b8e-4c3a-9c41-6f2f2c0f0a11';
const PRODUCER_ID = '1c9f6f0a-0f3e-4d0c-8a53-2b7e5d9c4e22';

const dtlsParameters: DtlsParameters = {
  role: 'client',
  fingerprints: [
    {
      algorithm: 'sha-256',
      value:
        '10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20:21:22:23:24:25:26:27:28:29:2A:2B:2C:2D:2E:2F',
    },
  ],
};

const opus: RtpParameters = {
  codecs: [
    {
      mimeType: 'audio/opus',
      payloadType: 111,
      clockRate: 48_000,
      channels: 2,
      parameters: { minptime: 10, useinbandfec: 1 },
      rtcpFeedback: [{ type: 'transport-cc' }],
    },
  ],
  headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 1 }],
  encodings: [{ ssrc: 1_000_001 }],
  rtcp: { cname: 'ann' },
};

const rtpCapabilities: RtpCapabilities = {
  codecs: [
    { kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48_000, channels: 2 },
  ],
  headerExtensions: [],
};

const room: CreateRoomRequest = { profile: 'conference', epoch: 1, maxParticipants: 50, lease: 60 };
const transport: CreateTransportRequest = { participantId: 'ann', direction: 'send' };
const connect: ConnectTransportRequest = { dtlsParameters };
const produce: ProduceRequest = { kind: 'audio', source: 'microphone', rtpParameters: opus };
const produceData: ProduceDataRequest = {
  sctpStreamParameters: { streamId: 1, ordered: true },
  label: 'chat',
};
const consumeOne: ConsumeRequest = { transportId: TRANSPORT_ID, producerId: PRODUCER_ID, rtpCapabilities };
const consumeList: ConsumeRequest = {
  transportId: TRANSPORT_ID,
  producerIds: [PRODUCER_ID],
  rtpCapabilities,
};
const patchConsumer: PatchConsumerRequest = {
  preferredLayers: { spatialLayer: 1, temporalLayer: 2 },
  priority: 10,
};
const drain: DrainRequest = { deadlineS: 600 };

export const requestExamples: Readonly<Record<string, Examples>> = {
  createRoom: { conference: { summary: 'A room of up to 50, for a minute at a time', value: room } },
  createTransport: { send: { summary: 'For sending', value: transport } },
  connectTransport: { client: { summary: 'The client begins the handshake', value: connect } },
  produce: { microphone: { summary: 'A microphone', value: produce } },
  produceData: { chat: { summary: 'Reliable and in order', value: produceData } },
  consume: {
    one: { summary: 'One producer', value: consumeOne },
    list: { summary: 'Several at once', value: consumeList },
  },
  consumeData: {
    chat: { summary: 'A data channel', value: { transportId: TRANSPORT_ID, dataProducerId: PRODUCER_ID } },
  },
  patchConsumer: { layers: { summary: 'A middle layer, late in the queue', value: patchConsumer } },
  startDrain: { tenMinutes: { summary: 'Within ten minutes', value: drain } },
};
