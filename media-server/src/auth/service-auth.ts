/** Who may call this server: bearers of a service token; those with `scope: 'read'` may only look. */
import { bearerToken, verifyServiceToken, type TokenKey } from '@crossfade/service/tokens';
import { CodedError } from '@crossfade/shared/errors';
import type { RequestHandler } from 'express';

const READS = new Set(['GET', 'HEAD']);

/** Lets a request pass whose bearer token allows it. @throws CodedError `unauthenticated`, `forbidden` */
export function requireServiceToken(key: TokenKey): RequestHandler {
  return (request, _response, next) => {
    const { scope } = verifyServiceToken(bearerToken(request.get('authorization')), key);
    if (scope === 'read' && !READS.has(request.method)) throw new CodedError('forbidden');
    next();
  };
}
