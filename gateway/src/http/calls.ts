/** `GET /api/calls…`: history and live state, for users whose token covers the call. */
import { route } from '@crossfade/service/http';
import { bearerToken, verifyUserToken, type TokenKey } from '@crossfade/service/tokens';
import { CodedError, parseOrThrow } from '@crossfade/shared/errors';
import {
  listCallsQuerySchema,
  type CallAnswer,
  type DecisionsAnswer,
  type ListCallsAnswer,
} from '@crossfade/shared/gateway-api';
import { callIdSchema } from '@crossfade/shared/ids';
import { allowsCall, type UserClaims } from '@crossfade/shared/tokens';
import { Router, type Request } from 'express';
import type { Calls } from '../calls/calls.ts';
import { modeOf, publicView, type CallState } from '../calls/state.ts';
import type { Records } from '../store/records.ts';

export interface CallRoutesOptions {
  calls: Pick<Calls, 'state'>;
  records: Pick<Records, 'find' | 'list'>;
  key: TokenKey;
}

export function callRoutes({ calls, records, key }: CallRoutesOptions): Router {
  const router = Router();
  const user = (request: Request): UserClaims =>
    verifyUserToken(bearerToken(request.get('authorization')), key);
  const callOf = (request: Request): string => {
    const claims = user(request);
    const callId = parseOrThrow(callIdSchema, request.params['id']);
    // The same answer as for a call that never was: it tells nothing.
    if (!allowsCall(claims.calls, callId)) throw new CodedError('call-not-found');
    return callId;
  };

  router.get(
    '/',
    route('/api/calls', async (request, response) => {
      // Everybody's calls are not for everybody.
      const claims = user(request);
      if (!claims.grants.moderate)
        throw new CodedError('forbidden', 'The list of all calls needs the moderate grant.');
      const query = parseOrThrow(listCallsQuerySchema, request.query);
      response.json((await records.list(query)) satisfies ListCallsAnswer);
    }),
  );
  router.get(
    '/:id',
    route('/api/calls/:id', async (request, response) => {
      const callId = callOf(request);
      const record = await records.find(callId);
      if (!record) throw new CodedError('call-not-found');
      const state = await calls.state(callId);
      response.json({ ...record, live: state && live(state) } satisfies CallAnswer);
    }),
  );
  router.get(
    '/:id/decisions',
    route('/api/calls/:id/decisions', async (request, response) => {
      const callId = callOf(request);
      const state = await calls.state(callId);
      if (!state) throw new CodedError('call-not-found');
      response.json({ callId, decisions: [...state.decisions] } satisfies DecisionsAnswer);
    }),
  );
  return router;
}

function live({ media, epoch, members }: CallState): CallAnswer['live'] {
  return { phase: media.phase, mode: modeOf(media), epoch, participants: members.map(publicView) };
}
