/** `GET /api/media-servers`: how this gateway sees them, for operators. */
import { route } from '@crossfade/service/http';
import { CodedError } from '@crossfade/shared/errors';
import type { MediaServersAnswer } from '@crossfade/shared/gateway-api';
import { Router } from 'express';
import type { MediaServers } from '../nodes/media-servers.ts';
import type { Callers } from './caller.ts';

export interface MediaServerRoutesOptions {
  mediaServers: Pick<MediaServers, 'view'>;
  callers: Callers;
}

export function mediaServerRoutes({ mediaServers, callers }: MediaServerRoutesOptions): Router {
  const router = Router();
  router.get(
    '/',
    route('/api/media-servers', async (request, response) => {
      const claims = await callers.user(request);
      if (!claims.grants.moderate)
        throw new CodedError('forbidden', 'The list of media servers needs the moderate grant.');
      response.json({ mediaServers: mediaServers.view } satisfies MediaServersAnswer);
    }),
  );
  return router;
}
