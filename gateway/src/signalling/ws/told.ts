/** What a client of `/ws` hears of a message that is sent to a call's clients. Pure. */
import type { PttEvent, PttEventName } from '@crossfade/shared/ptt';
import type { Message } from '../../calls/events.ts';
import { eventFrame } from './frames.ts';

/** Nothing by itself: whatever changes the channel's state is told as `channel_state`. */
export type Told =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'frame'; readonly text: string }
  /** The last thing the client hears of that call. */
  | { readonly kind: 'farewell'; readonly callId: string; readonly text: string };

const NOTHING: Told = { kind: 'nothing' };

/** @param me the participant the client is in a call */
export function toldOf({ name, payload }: Message, me: (callId: string) => string | undefined): Told {
  switch (name) {
    case 'session:replaced': {
      const { callId } = payload;
      const text = eventFrame('leave_channel', { channelId: callId, reason: 'replaced' });
      return { kind: 'farewell', callId, text };
    }
    case 'call:ended': {
      const { callId, reason, message } = payload;
      const data = { channelId: callId, reason, ...(message !== undefined && { message }) };
      return { kind: 'farewell', callId, text: eventFrame('leave_channel', data) };
    }
    case 'floor:granted': {
      const { callId, fence, remainingMs } = payload;
      const participantId = me(callId) ?? null;
      return frame('speaker_changed', { channelId: callId, participantId, fence, remainingMs });
    }
    case 'floor:taken': {
      const { callId, holder, fence } = payload;
      return frame('speaker_changed', { channelId: callId, participantId: holder, fence });
    }
    case 'floor:idle': {
      const { callId, fence } = payload;
      return frame('speaker_changed', { channelId: callId, participantId: null, fence });
    }
    case 'floor:denied':
    case 'floor:revoked': {
      const { callId, reason, retryAfterMs } = payload;
      const later = retryAfterMs !== undefined && { retryAfterMs };
      return frame('ptt_denied', { channelId: callId, reason, ...later });
    }
    default:
      return NOTHING;
  }
}

function frame<N extends PttEventName>(type: N, data: PttEvent<N>): Told {
  return { kind: 'frame', text: eventFrame(type, data) };
}
