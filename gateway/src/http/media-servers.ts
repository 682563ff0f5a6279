/** `GET /api/media-servers`: how this gateway sees them, for operators. */
import { route } from '@crossfade/service/http';
import { bearerToken, verifyUserToken, type TokenKey } from '@crossfade/service/tokens';
import { CodedError } from '@crossfade/shared/errors';
import type { MediaServersAnswer } from '@crossfade/shared/gateway-api';
import { Router } from 'express';
import type { MediaServers } from '../nodes/media-servers.ts';

export interface MediaServerRoutesOptions {
  mediaServers: Pick<MediaServers, 'view'>;
  key: TokenKey;
}

export function mediaServerRoutes({ mediaServers, key }: MediaServerRoutesOptions): Router {
  const router = Router();
  router.get(
    '/',
    route('/api/media-servers', (request, response) => {
      const claims = verifyUserToken(bearerToken(request.get('authorization')), key);
      if (!claims.grants.moderate)
        throw new CodedError('forbidden', 'The list of media servers needs the moderate grant.');
      response.json({ mediaServers: mediaServers.view } satisfies MediaServersAnswer);
    }),
  );
  return router;
}
