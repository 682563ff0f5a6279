/** What a client of `/ws` hears of a message that is sent to a call's clients. Pure. */
import type { Message } from '../../calls/events.ts';
import { eventFrame } from './frames.ts';

/** Nothing by itself: whatever changes the channel's state is told as `channel_state`. */
export type Told =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'frame'; readonly text: string }
  /** The last thing the client hears of that call. */
  | { readonly kind: 'farewell'; readonly callId: string; readonly text: string };

const NOTHING: Told = { kind: 'nothing' };

/** @param me the participant the client is in that call */
export function toldOf({ name, payload }: Message): Told {
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
    default:
      return NOTHING;
  }
}
