/** `GET /api/calls…`: history and live state, for users whose token covers the call. */
import { bodyOf, route } from '@crossfade/service/http';
import { CodedError, parseOrThrow, type ErrorCode } from '@crossfade/shared/errors';
import type { DecisionsAnswer } from '@crossfade/shared/decisions';
import {
  listCallsQuerySchema,
  patchCallRequestSchema,
  type CallAnswer,
  type ListCallsAnswer,
  type PatchCallAnswer,
} from '@crossfade/shared/gateway-api';
import { callIdSchema } from '@crossfade/shared/ids';
import { allowsCall, type UserClaims } from '@crossfade/shared/tokens';
import { Router, type Request } from 'express';
import { z } from 'zod';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Calls } from '../calls/calls.ts';
import { modeOf, publicView, type CallState } from '../calls/state.ts';
import type { Records } from '../store/records.ts';
import type { Callers } from './caller.ts';

/** Named as everywhere else: what is wrong with it names it. */
const callParamsSchema = z.object({ callId: callIdSchema });

export interface CallRoutesOptions {
  calls: Pick<Calls, 'state' | 'post'>;
  audit: Pick<AuditLog, 'write'>;
  records: Pick<Records, 'decisions' | 'find' | 'list'>;
  callers: Callers;
}

export function callRoutes({ calls, records, callers, audit }: CallRoutesOptions): Router {
  const router = Router();
  const callOf = (request: Request, claims: UserClaims): string => {
    const { callId } = parseOrThrow(callParamsSchema, { callId: request.params['id'] });
    // The same answer as for a call that never was: it tells nothing.
    if (!allowsCall(claims.calls, callId)) throw new CodedError('call-not-found');
    return callId;
  };

  router.get(
    '/',
    route('/api/calls', async (request, response) => {
      // Everybody's calls are not for everybody.
      const claims = await callers.user(request);
      if (!claims.grants.moderate)
        throw new CodedError('forbidden', 'The list of all calls needs the moderate grant.');
      const query = parseOrThrow(listCallsQuerySchema, request.query);
      response.json((await records.list(query)) satisfies ListCallsAnswer);
    }),
  );
  router.get(
    '/:id',
    route('/api/calls/:id', async (request, response) => {
      const callId = callOf(request, await callers.user(request));
      const record = await records.find(callId);
      if (!record) throw new CodedError('call-not-found');
      // A call that has ended can be read whatever has become of the live ones.
      const state = record.endedAt === null ? await calls.state(callId) : null;
      response.json({ ...record, live: state && live(state) } satisfies CallAnswer);
    }),
  );
  router.get(
    '/:id/decisions',
    route('/api/calls/:id/decisions', async (request, response) => {
      const callId = callOf(request, await callers.user(request));
      const state = await calls.state(callId);
      // Of a call that has ended they are in the records.
      const decisions = state ? state.decisions : await records.decisions(callId);
      if (!decisions) throw new CodedError('call-not-found');
      response.json({ callId, decisions: [...decisions] } satisfies DecisionsAnswer);
    }),
  );
  router.patch(
    '/:id',
    route('/api/calls/:id', async (request, response) => {
      const claims = await callers.user(request);
      const callId = callOf(request, claims);
      const { sub: userId, grants } = claims;
      const audited = (outcome: 'done' | ErrorCode) =>
        audit.write({ action: 'set-policy', callId, userId, outcome });
      try {
        if (!grants.moderate) throw new CodedError('forbidden', 'Changing a call needs the moderate grant.');
        const { policy: change } = bodyOf(patchCallRequestSchema, request);
        const state = await calls.post(callId, { type: 'set-policy', change });
        if (!state) throw new CodedError('call-not-found');
        audited('done');
        const { locked, policy } = state;
        response.json({ callId, locked, policy } satisfies PatchCallAnswer);
      } catch (error) {
        audited(error instanceof CodedError ? error.code : 'internal');
        throw error;
      }
    }),
  );
  return router;
}

function live({ media, epoch, members }: CallState): CallAnswer['live'] {
  return { phase: media.phase, mode: modeOf(media), epoch, participants: members.map(publicView) };
}
