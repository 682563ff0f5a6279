/** The gateway's REST API as a table: what OpenAPI and the tests are made from. A test holds its routes and these equal. */
import { z } from 'zod';
import { ownRoutes, type ApiRoute } from './api-routes.ts';
import type { ErrorCode } from './errors.ts';
import { decisionsAnswerSchema } from './decisions.ts';
import {
  callAnswerSchema,
  listCallsAnswerSchema,
  listCallsQuerySchema,
  mediaServersAnswerSchema,
  patchCallAnswerSchema,
  patchCallRequestSchema,
} from './gateway-api.ts';
import { callIdSchema } from './ids.ts';
import { healthSchema, readinessSchema } from './media-api.ts';
import { tokenAnswerSchema, tokenRequestSchema } from './tokens.ts';

export type GatewayTag = 'Calls' | 'Tokens' | 'Service' | 'Documents';

/** What a request has to carry: nothing, a user's token, or one with the `moderate` grant. */
export type GatewayAccess = 'anyone' | 'user' | 'moderator';

export type GatewayRoute = ApiRoute<GatewayTag, GatewayAccess>;

const callId = callIdSchema.describe('The id of a call.');

export const GATEWAY_ROUTES: readonly GatewayRoute[] = [
  {
    method: 'get',
    path: '/api/calls',
    operationId: 'listCalls',
    tag: 'Calls',
    summary: 'List the calls there were',
    description:
      'In pages, newest first: pass `nextCursor` of one page as `cursor` of the next, until it is null.',
    access: 'moderator',
    query: listCallsQuerySchema,
    answers: { 200: { description: 'A page of them.', schema: listCallsAnswerSchema } },
    errors: ['validation-failed', 'records-unavailable'],
  },
  {
    method: 'get',
    path: '/api/calls/:id',
    operationId: 'getCall',
    tag: 'Calls',
    summary: 'The record of a call, and its state while it runs',
    description: 'Of several calls with this id it is the newest.',
    access: 'user',
    id: callId,
    answers: { 200: { description: 'The call.', schema: callAnswerSchema } },
    errors: ['call-not-found', 'call-store-unavailable', 'records-unavailable'],
  },
  {
    method: 'patch',
    path: '/api/calls/:id',
    operationId: 'patchCall',
    tag: 'Calls',
    summary: 'Change the policy of a call that runs',
    description: 'Everyone in it is told (`call:updated`), and it changes its mode if it has to.',
    access: 'moderator',
    id: callId,
    body: patchCallRequestSchema,
    answers: { 200: { description: 'What holds now.', schema: patchCallAnswerSchema } },
    errors: ['call-not-found', 'call-store-unavailable'],
  },
  {
    method: 'get',
    path: '/api/calls/:id/decisions',
    operationId: 'getDecisions',
    tag: 'Calls',
    summary: 'Why a call is in the mode it is in',
    description:
      'The last 50 decisions, each with what it saw and the rule that fired; newest last. Also of a call that has ended.',
    access: 'user',
    id: callId,
    answers: { 200: { description: 'The decisions.', schema: decisionsAnswerSchema } },
    errors: ['call-not-found', 'call-store-unavailable', 'records-unavailable'],
  },
  {
    method: 'post',
    path: '/api/tokens',
    operationId: 'createToken',
    tag: 'Tokens',
    summary: 'A token for anyone who asks',
    description: 'For trying things out: it does not exist where `NODE_ENV` is `production`.',
    access: 'anyone',
    body: tokenRequestSchema,
    answers: { 201: { description: 'The token, good for a day.', schema: tokenAnswerSchema } },
    errors: ['route-not-found', 'rate-limited', 'forbidden'],
  },
  {
    method: 'get',
    path: '/api/media-servers',
    operationId: 'listMediaServers',
    tag: 'Service',
    summary: 'The media servers, as this gateway sees them',
    access: 'moderator',
    answers: {
      200: { description: 'State, evidence, load and rooms of each.', schema: mediaServersAnswerSchema },
    },
    errors: [],
  },
  {
    method: 'get',
    path: '/health',
    operationId: 'getHealth',
    tag: 'Service',
    summary: 'Whether the process lives',
    description: 'Depends on nothing else.',
    access: 'anyone',
    answers: { 200: { description: 'It does.', schema: healthSchema } },
    errors: [],
  },
  {
    method: 'get',
    path: '/ready',
    operationId: 'getReadiness',
    tag: 'Service',
    summary: 'Whether it takes new connections',
    access: 'anyone',
    answers: {
      200: { description: 'It does.', schema: readinessSchema },
      503: { description: 'It does not; the checks say why.', schema: readinessSchema },
    },
    errors: [],
  },
  ...ownRoutes('Service', 'The signalling: AsyncAPI 3'),
];

/** What stands for the parameters in its path. */
export function gatewayPathParametersOf({ id }: GatewayRoute): z.ZodObject {
  return z.object({ ...(id && { id }) });
}

/** Every error this route can answer with. */
export function gatewayErrorsOf({
  method,
  access,
  id,
  errors,
  onMetricsPort,
}: GatewayRoute): readonly ErrorCode[] {
  if (onMetricsPort) return [];
  const withBody = method === 'post' || method === 'patch';
  const codes: ErrorCode[] = [
    ...(withBody ? (['malformed-json', 'payload-too-large', 'unsupported-media-type'] as const) : []),
    ...(access === 'anyone'
      ? []
      : (['unauthenticated', 'forbidden', 'rate-limited', 'token-keys-unavailable'] as const)),
    ...(withBody || id ? (['validation-failed'] as const) : []),
    ...errors,
    'internal',
  ];
  return [...new Set(codes)];
}
