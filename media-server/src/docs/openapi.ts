/** OpenAPI 3.1 of the REST API. Pure: the same every time. */
import { createOpenApiDocument } from '@crossfade/service/openapi';
import {
  consumeListAnswerSchema,
  consumerSchema,
  createRoomAnswerSchema,
  createTransportAnswerSchema,
  layersSchema,
  nodeSchema,
  producerStateSchema,
  roomSnapshotSchema,
  roomStatsSchema,
  workerInfoSchema,
} from '@crossfade/shared/media-api';
import {
  errorsOf,
  headersOf,
  MEDIA_ROUTES,
  pathParametersOf,
  type RouteTag,
} from '@crossfade/shared/media-routes';
import {
  dtlsParametersSchema,
  iceParametersSchema,
  rtpCapabilitiesSchema,
  rtpParametersSchema,
  sctpParametersSchema,
  sctpStreamParametersSchema,
} from '@crossfade/shared/rtp';
import { requestExamples } from './examples.ts';

const TAGS: Record<RouteTag, string> = {
  Rooms: 'A room is where the media of one call meet.',
  Transports: "A participant's connection to this server, one for each direction.",
  Producers: 'What a participant sends. Made on a transport.',
  Consumers: 'What a participant receives.',
  Participants: 'Nobody but the caller knows who they are.',
  Node: 'This server itself.',
  Documents: 'What this API is, for people and programs.',
};

const INTRODUCTION = `Rooms, transports, producers and consumers of a mediasoup SFU, for the servers that control it: browsers
never call it. What happens in a room is told by the event feed (\`/api/asyncapi.json\`).

Every error is a problem document (RFC 9457) with a \`code\`; each code has one status. Every answer carries
\`X-Request-Id\`: the caller's, or a new one. An entity that belongs to somebody else is answered like one that does not
exist. No request waits longer than 5 s. What never gets to a route is answered \`malformed-request\` (no HTTP),
\`headers-too-large\` (8 KB), \`request-timeout\` (5 s for the headers, 10 s for all of it) or \`expectation-failed\`, and
the connection is closed. Fields of a body that are not known are refused (\`validation-failed\`).`;

/** Schemas with a name of their own in the document. */
const NAMED = {
  RtpCapabilities: rtpCapabilitiesSchema,
  RtpParameters: rtpParametersSchema,
  IceParameters: iceParametersSchema,
  DtlsParameters: dtlsParametersSchema,
  SctpParameters: sctpParametersSchema,
  SctpStreamParameters: sctpStreamParametersSchema,
  Layers: layersSchema,
  Consumer: consumerSchema,
  ConsumerList: consumeListAnswerSchema,
  Room: createRoomAnswerSchema,
  RoomSnapshot: roomSnapshotSchema,
  RoomStats: roomStatsSchema,
  ProducerState: producerStateSchema,
  Transport: createTransportAnswerSchema,
  Node: nodeSchema,
  Worker: workerInfoSchema,
};

export interface OpenApiOptions {
  /** Of the server. */
  version: string;
}

/** @returns a document that is plain JSON */
export function createOpenApi({ version }: OpenApiOptions): object {
  return createOpenApiDocument({
    title: 'Crossfade media server',
    version,
    introduction: INTRODUCTION,
    tags: TAGS,
    routes: MEDIA_ROUTES,
    errorsOf,
    headersOf,
    pathParametersOf,
    extensionsOf: ({ access }) => (access === 'write' ? { 'x-refuses-scope': 'read' } : {}),
    examples: requestExamples,
    schemas: NAMED,
    token: {
      name: 'service',
      description:
        'A service token: `aud: "media-server"`, `typ: "service"`, `iss` and `exp`. With `scope: "read"` it is ' +
        'good for `GET` only.',
    },
    metricsUrl: 'http://127.0.0.1:9464',
  });
}
