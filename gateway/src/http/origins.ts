/** Which web pages may use the REST API: those of this gateway and of the origins that are set (CORS). */
import { CodedError } from '@crossfade/shared/errors';
import type { RequestHandler } from 'express';
import { isAllowedOrigin } from '../signalling/origin.ts';

const METHODS = 'GET, POST, PATCH, DELETE';
const REQUEST_HEADERS = 'authorization, content-type, x-request-id, traceparent';
const ANSWER_HEADERS = 'x-request-id, retry-after';
/** How long a browser need not ask again, seconds. */
const PREFLIGHT_GOOD_FOR_S = '600';

/** @returns refuses requests of foreign pages, and answers what browsers ask beforehand */
export function allowOrigins(allowed: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const origin = request.get('origin');
    response.vary('Origin');
    if (!isAllowedOrigin(origin, request.get('host'), allowed))
      throw new CodedError('forbidden', 'Pages of this origin may not use this API.');
    if (origin !== undefined) {
      response.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Expose-Headers': ANSWER_HEADERS,
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
    }
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.set({
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': REQUEST_HEADERS,
      'Access-Control-Max-Age': PREFLIGHT_GOOD_FOR_S,
    });
    response.status(204).end();
  };
}
