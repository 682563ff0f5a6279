/** The requests for the floor: checked, and made events of the call. */
import { CodedError } from '@crossfade/shared/errors';
import type { Calls } from '../calls/calls.ts';
import { joinedAs, type HandlersOf } from '../signalling/caller.ts';
import { floorAnswer } from './in-call.ts';

export interface FloorOptions {
  calls: Pick<Calls, 'post'>;
  now: () => number;
}

export function floorHandlers({ calls, now }: FloorOptions): HandlersOf<'floor:request' | 'floor:release'> {
  return {
    'floor:request': async (caller, { callId, priority: asked, queue }) => {
      const participantId = joinedAs(caller, callId);
      const { publish, floorPriority = 0 } = caller.claims.grants;
      if (!publish) throw new CodedError('forbidden', 'This token may not publish.');
      // As in TS 24.380, no more counts than one may ask for.
      const priority = Math.min(asked, floorPriority);
      const event = { type: 'floor-request', participantId, priority, queue } as const;
      const state = await calls.post(callId, event);
      if (!state) throw new CodedError('not-joined');
      return floorAnswer(state, participantId, { request: true, waits: queue }, now());
    },
    'floor:release': async (caller, { callId, fence = null }) => {
      const participantId = joinedAs(caller, callId);
      const state = await calls.post(callId, { type: 'floor-release', participantId, fence });
      if (!state) throw new CodedError('not-joined');
      return floorAnswer(state, participantId, { request: false, waits: false }, now());
    },
  };
}
