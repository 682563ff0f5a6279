/** OpenAPI 3.1 of the REST API, made from the table of routes and the schemas. Pure: the same every time. */
import { ERROR_CATALOGUE, errorCodes, problemSchema, type ErrorCode } from '@crossfade/shared/errors';
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
  ERRORS_BEFORE_ROUTES,
  errorsOf,
  headersOf,
  MEDIA_ROUTES,
  pathParametersOf,
  type MediaRoute,
  type RouteAnswer,
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
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { requestExamples } from './examples.ts';
import { resolved, tidy } from './json-schema.ts';

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
  Problem: problemSchema,
};

const ANSWER_HEADERS = {
  'X-Request-Id': {
    required: true,
    description: "The caller's, if it sent one that is sane; else a new one.",
    schema: { type: 'string' },
  },
  'Retry-After': {
    required: true,
    description: 'Seconds.',
    schema: { type: 'string', pattern: '^\\d+$' },
  },
  'WWW-Authenticate': { required: true, description: 'Bearer.', schema: { type: 'string' } },
} as const;

export interface OpenApiOptions {
  /** Of the server. */
  version: string;
}

/** @returns a document that is plain JSON */
export function createOpenApi({ version }: OpenApiOptions): object {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of MEDIA_ROUTES) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Crossfade media server',
        version,
        description: INTRODUCTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'The server this document comes from.' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      paths,
      components: {
        schemas: NAMED,
        parameters: requestHeaders(),
        headers: ANSWER_HEADERS,
        securitySchemes: {
          service: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'A service token: `aud: "media-server"`, `typ: "service"`, `iss` and `exp`. With `scope: "read"` it is ' +
              'good for `GET` only.',
          },
        },
      },
      'x-errors': documentedCodes().map((code) => ({ code, ...ERROR_CATALOGUE[code] })),
    },
    { override: ({ jsonSchema, zodSchema, io }) => tidy({ jsonSchema, zodSchema, io }) },
  );
  return resolved(document);
}

/** The codes that the API can answer with, in the order of the catalogue. */
export function documentedCodes(): ErrorCode[] {
  const codes = new Set<ErrorCode>([...ERRORS_BEFORE_ROUTES, ...MEDIA_ROUTES.flatMap(errorsOf)]);
  return errorCodes.filter((code) => codes.has(code));
}

/** `/rooms/:roomId` as `/rooms/{roomId}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function operationOf(route: MediaRoute): ZodOpenApiOperationObject {
  const { operationId, summary, description, tag, access, query, body, onMetricsPort } = route;
  const examples = requestExamples[operationId];
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    security: access === 'anyone' ? [] : [{ service: [] }],
    ...(access === 'write' && { 'x-refuses-scope': 'read' }),
    ...(onMetricsPort && {
      servers: [{ url: 'http://127.0.0.1:9464', description: 'The port of the metrics.' }],
    }),
    requestParams: {
      path: pathParametersOf(route),
      ...(query && { query }),
    },
    parameters: Object.keys(headersOf(route).shape).map((name) => ({
      $ref: `#/components/parameters/${name}`,
    })),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: body, ...(examples && { examples }) } },
      },
    }),
    responses: responsesOf(route),
  };
}

function responsesOf(route: MediaRoute): ZodOpenApiResponsesObject {
  const responses: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, answer] of Object.entries(route.answers)) responses[status] = answered(answer);
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERROR_CATALOGUE[code].status);
  for (const [status, codes] of [...byStatus].sort(([one], [other]) => one - other)) {
    responses[String(status)] = refused(status, codes);
  }
  return responses;
}

/** Every request header that a route reads, under its name. */
function requestHeaders(): Record<string, z.core.$ZodType> {
  const shapes = MEDIA_ROUTES.map((route) => headersOf(route).shape);
  return Object.fromEntries(
    shapes
      .flatMap(Object.entries<z.ZodType>)
      .map(([name, schema]) => [name, schema.meta({ param: { in: 'header', name } })]),
  );
}

function headerRefs(...names: (keyof typeof ANSWER_HEADERS)[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function answered({
  description,
  schema,
  contentType = 'application/json',
}: RouteAnswer): ZodOpenApiResponseObject {
  const body = schema ?? (contentType === 'application/json' ? undefined : z.string());
  return {
    description,
    headers: headerRefs('X-Request-Id'),
    ...(body && { content: { [contentType]: { schema: body } } }),
  };
}

function refused(status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const lines = codes.map((code) => `- \`${code}\`: ${ERROR_CATALOGUE[code].title}`);
  return {
    description: lines.join('\n'),
    headers: headerRefs(
      'X-Request-Id',
      ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
      ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
    ),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { enum: [...codes] } } },
          ],
        },
      },
    },
  };
}
