/** `POST /api/tokens`: a token for anyone who asks. For development: it does not exist in production. */
import { randomUUID } from 'node:crypto';
import { bodyOf, route } from '@crossfade/service/http';
import { signUserToken, type TokenKey } from '@crossfade/service/tokens';
import { tokenRequestSchema, type TokenAnswer } from '@crossfade/shared/tokens';
import type { RequestHandler } from 'express';

/** A day of trying things out, seconds. */
const LIFETIME_S = 24 * 3600;

export function developmentTokens(key: TokenKey): RequestHandler {
  return route('/api/tokens', (request, response) => {
    const { name, callId, userId = randomUUID(), grants, policy } = bodyOf(tokenRequestSchema, request);
    const claims = {
      sub: userId,
      name,
      ...(callId !== undefined && { calls: [callId] }),
      ...(grants && { grants }),
      ...(policy && { policy }),
    };
    const token = signUserToken(key, claims, LIFETIME_S);
    const expiresAt = new Date(Date.now() + LIFETIME_S * 1000).toISOString();
    response.status(201).json({ token, userId, expiresAt } satisfies TokenAnswer);
  });
}
