/** Who may call this server: bearers of a service token; those with `scope: 'read'` may only look. */
import type { ServiceTokens } from '@crossfade/service/service-tokens';
import { bearerToken } from '@crossfade/service/tokens';
import { CodedError } from '@crossfade/shared/errors';
import type { RequestHandler, Response } from 'express';

const READS = new Set(['GET', 'HEAD']);

/** Lets a request pass whose bearer token allows it. @throws CodedError `unauthenticated`, `forbidden` */
export function requireServiceToken(tokens: ServiceTokens): RequestHandler {
  return async (request, response, next) => {
    // Only from the header: an address ends up in logs and histories.
    const { scope, sub } = await tokens.verify(bearerToken(request.get('authorization')));
    if (scope === 'read' && !READS.has(request.method)) throw new CodedError('forbidden');
    response.locals['subject'] = sub ?? '';
    next();
  };
}

/** Which service asks: the subject of its token; empty if that has none. */
export function subjectOf(response: Response): string {
  return response.locals['subject'] as string;
}
