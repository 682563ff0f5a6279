/** The requests of moderators: checked, and made events of the call. */
import type { Log } from '@crossfade/service/log';
import { CodedError } from '@crossfade/shared/errors';
import type { Calls } from '../calls/calls.ts';
import type { Moderation } from '../calls/events.ts';
import { joinedAs, type Caller, type HandlersOf } from '../signalling/caller.ts';

export interface ModerationOptions {
  calls: Pick<Calls, 'post'>;
  log: Log;
}

type ModerationRequest = 'moderate:mute' | 'moderate:remove' | 'moderate:lock' | 'moderate:end';

export function moderationHandlers({ calls, log }: ModerationOptions): HandlersOf<ModerationRequest> {
  const act = async (caller: Caller, callId: string, action: Moderation) => {
    const by = joinedAs(caller, callId);
    if (!caller.claims.grants.moderate) throw new CodedError('forbidden', 'This token may not moderate.');
    await calls.post(callId, { type: 'moderate', participantId: by, action });
    const { kind } = action;
    const participantId = 'participantId' in action ? action.participantId : undefined;
    log.info('moderated', { callId, kind, by, userId: caller.claims.sub, participantId });
    return {};
  };
  return {
    'moderate:mute': (caller, { callId, participantId, kind, muted }) =>
      act(caller, callId, { kind: 'mute', participantId, media: kind, muted }),
    'moderate:remove': (caller, { callId, participantId, reason }) =>
      act(caller, callId, { kind: 'remove', participantId, message: reason }),
    'moderate:lock': (caller, { callId, locked }) => act(caller, callId, { kind: 'lock', locked }),
    'moderate:end': (caller, { callId }) => act(caller, callId, { kind: 'end' }),
  };
}
