/** What a table of REST routes is made of: OpenAPI and tests are made from such tables. */
import { z } from 'zod';
import type { ErrorCode } from './errors.ts';

export interface RouteAnswer {
  readonly description: string;
  /** Absent: there is no body, or one that is not JSON. */
  readonly schema?: z.ZodType;
  /** Of a body that no schema describes. */
  readonly contentType?: string;
}

export interface ApiRoute<Tag extends string = string, Access extends string = string> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As Express writes it. */
  readonly path: string;
  /** A name for generated clients; unique. */
  readonly operationId: string;
  readonly tag: Tag;
  /** A few words. */
  readonly summary: string;
  /** Sentences; what the summary leaves open. */
  readonly description?: string;
  readonly access: Access;
  /** What `:id` stands for. */
  readonly id?: z.ZodType<string>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** By status; those of errors come from the catalogue. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** The errors that are particular to this route. */
  readonly errors: readonly ErrorCode[];
  /** On the port of the metrics, not on that of the API. */
  readonly onMetricsPort?: true;
}

const documentAnswer: RouteAnswer = {
  description: 'The document.',
  schema: z.looseObject({ info: z.looseObject({ title: z.string(), version: z.string() }) }),
};

/**
 * Where a service describes itself, after the metrics.
 * @param metricsTag what the metrics stand under
 * @param asyncApi summary of what its AsyncAPI describes
 */
export function ownRoutes<Tag extends string>(
  metricsTag: Tag,
  asyncApi: string,
): readonly ApiRoute<Tag | 'Documents', 'anyone'>[] {
  return [
    {
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      tag: metricsTag,
      summary: 'Prometheus metrics',
      access: 'anyone',
      answers: { 200: { description: 'Prometheus text.', contentType: 'text/plain' } },
      errors: [],
      onMetricsPort: true,
    },
    {
      method: 'get',
      path: '/api/openapi.json',
      operationId: 'getOpenApi',
      tag: 'Documents',
      summary: 'This document: OpenAPI 3.1',
      access: 'anyone',
      answers: { 200: documentAnswer },
      errors: [],
    },
    {
      method: 'get',
      path: '/api/asyncapi.json',
      operationId: 'getAsyncApi',
      tag: 'Documents',
      summary: asyncApi,
      access: 'anyone',
      answers: { 200: documentAnswer },
      errors: [],
    },
    {
      method: 'get',
      path: '/docs',
      operationId: 'getDocs',
      tag: 'Documents',
      summary: 'A page to read this and to try it',
      access: 'anyone',
      answers: {
        200: { description: 'Swagger UI.', contentType: 'text/html' },
        302: { description: 'To `/docs/`.' },
      },
      errors: [],
    },
  ];
}

/** The errors of what never gets to a route: no HTTP, too much of it, too late, or to an address where there is nothing. */
export const ERRORS_BEFORE_ROUTES: readonly ErrorCode[] = [
  'route-not-found',
  'malformed-request',
  'request-timeout',
  'expectation-failed',
  'headers-too-large',
];
