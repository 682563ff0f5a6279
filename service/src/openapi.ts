/** OpenAPI 3.1 of a REST API, made from its table of routes and their schemas. Pure: the same every time. */
import { ERRORS_BEFORE_ROUTES, type ApiRoute, type RouteAnswer } from '@crossfade/shared/api-routes';
import { ERROR_CATALOGUE, errorCodes, problemSchema, type ErrorCode } from '@crossfade/shared/errors';
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { resolved, tidy } from './json-schema.ts';

/** Bodies of requests as they could be sent, by operation. */
export type RequestExamples = Readonly<Record<string, Record<string, { summary: string; value: object }>>>;

export interface OpenApiSource<Route extends ApiRoute> {
  title: string;
  /** Of the server. */
  version: string;
  introduction: string;
  /** What each tag of the routes is about. */
  tags: Readonly<Record<string, string>>;
  routes: readonly Route[];
  /** Every error a route can answer with. */
  errorsOf: (route: Route) => readonly ErrorCode[];
  /** The request headers a route reads, besides the token. */
  headersOf: (route: Route) => z.ZodObject;
  pathParametersOf: (route: Route) => z.ZodObject;
  /** What is to be said of an operation that only this API knows. */
  extensionsOf?: (route: Route) => Readonly<Record<`x-${string}`, unknown>>;
  examples: RequestExamples;
  /** Schemas with a name of their own in the document. */
  schemas: Readonly<Record<string, z.ZodType>>;
  /** What tokens are like; and the name of that. */
  token: { name: string; description: string };
  /** The port of the metrics. */
  metricsUrl: string;
}

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

/** @returns a document that is plain JSON */
export function createOpenApiDocument<Route extends ApiRoute>(source: OpenApiSource<Route>): object {
  const { title, version, introduction, tags, routes, schemas, token } = source;
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    const path = openApiPath(route.path);
    paths[path] = { ...paths[path], [route.method]: operationOf(route, source) };
  }
  const document = createDocument(
    {
      openapi: '3.1.1',
      info: {
        title,
        version,
        description: introduction,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'The server this document comes from.' }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      paths,
      components: {
        schemas: { ...schemas, Problem: problemSchema },
        parameters: requestHeaders(source),
        headers: ANSWER_HEADERS,
        securitySchemes: {
          [token.name]: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: token.description,
          },
        },
      },
      'x-errors': documentedCodes(source).map((code) => ({ code, ...ERROR_CATALOGUE[code] })),
    },
    { override: ({ jsonSchema, zodSchema, io }) => tidy({ jsonSchema, zodSchema, io }) },
  );
  return resolved(document);
}

/** The codes that the API can answer with, in the order of the catalogue. */
function documentedCodes<Route extends ApiRoute>({ routes, errorsOf }: OpenApiSource<Route>): ErrorCode[] {
  const codes = new Set<ErrorCode>([...ERRORS_BEFORE_ROUTES, ...routes.flatMap(errorsOf)]);
  return errorCodes.filter((code) => codes.has(code));
}

/** `/rooms/:roomId` as `/rooms/{roomId}`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function operationOf<Route extends ApiRoute>(
  route: Route,
  source: OpenApiSource<Route>,
): ZodOpenApiOperationObject {
  const { operationId, summary, description, tag, access, query, body, onMetricsPort } = route;
  const examples = source.examples[operationId];
  return {
    operationId,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    security: access === 'anyone' ? [] : [{ [source.token.name]: [] }],
    ...source.extensionsOf?.(route),
    ...(onMetricsPort && {
      servers: [{ url: source.metricsUrl, description: 'The port of the metrics.' }],
    }),
    requestParams: {
      path: source.pathParametersOf(route),
      ...(query && { query }),
    },
    parameters: Object.keys(source.headersOf(route).shape).map((name) => ({
      $ref: `#/components/parameters/${name}`,
    })),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: body, ...(examples && { examples }) } },
      },
    }),
    responses: responsesOf(route, source),
  };
}

function responsesOf<Route extends ApiRoute>(
  route: Route,
  { errorsOf }: OpenApiSource<Route>,
): ZodOpenApiResponsesObject {
  const responses: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, answer] of Object.entries(route.answers)) responses[status] = answered(answer);
  const byStatus = Map.groupBy(errorsOf(route), (code) => ERROR_CATALOGUE[code].status);
  for (const [status, codes] of [...byStatus].sort(([one], [other]) => one - other)) {
    responses[String(status)] = refused(status, codes);
  }
  return responses;
}

/** Every request header that a route reads, under its name. */
function requestHeaders<Route extends ApiRoute>({
  routes,
  headersOf,
}: OpenApiSource<Route>): Record<string, z.core.$ZodType> {
  const shapes = routes.map((route) => headersOf(route).shape);
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
