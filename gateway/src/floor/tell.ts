/** What happens on the floor, as the call's clients hear it. Pure. */
import type { Message } from '../calls/events.ts';
import type { FloorNews } from './reduce.ts';

/** A message, and whom it is for: one participant, or everyone but one. */
export type Told = { only: string; message: Message } | { except: string | null; message: Message };

export function floorMessages(callId: string, news: FloorNews): Told[] {
  switch (news.type) {
    case 'granted': {
      const { participantId, fence, priority, remainingMs } = news;
      const granted = { callId, fence, priority, remainingMs };
      const taken = { callId, holder: participantId, fence, priority };
      return [
        { only: participantId, message: { name: 'floor:granted', payload: granted } },
        { except: participantId, message: { name: 'floor:taken', payload: taken } },
      ];
    }
    case 'revoked': {
      const { participantId, fence, reason, retryAfterMs } = news;
      const payload = { callId, fence, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      return [{ only: participantId, message: { name: 'floor:revoked', payload } }];
    }
    case 'denied': {
      const { participantId, reason, retryAfterMs } = news;
      const payload = { callId, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      return [{ only: participantId, message: { name: 'floor:denied', payload } }];
    }
    case 'idle':
      return [{ except: null, message: { name: 'floor:idle', payload: { callId, fence: news.fence } } }];
  }
}
