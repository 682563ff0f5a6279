/** The requests for the floor: made events of the call. */
import { CodedError } from '@crossfade/shared/errors';
import { joinedAs, type Caller, type HandlersOf } from '../signalling/caller.ts';

export function floorHandlers(): HandlersOf<'floor:request' | 'floor:release'> {
  const refuse = (caller: Caller, { callId }: { callId: string }) => {
    joinedAs(caller, callId);
    return Promise.reject(new CodedError('no-floor'));
  };
  return { 'floor:request': refuse, 'floor:release': refuse };
}
