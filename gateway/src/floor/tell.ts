/** What happens on the floor, as the call's clients hear it. Pure. */
import type { News } from '../calls/events.ts';
import type { FloorNews } from './reduce.ts';

export function floorEffects(callId: string, news: FloorNews): News[] {
  switch (news.type) {
    case 'granted': {
      const { participantId, fence, priority, remainingMs } = news;
      const granted = { callId, fence, priority, remainingMs };
      const taken = { callId, holder: participantId, fence, priority };
      return [
        { type: 'send', to: participantId, message: { name: 'floor:granted', payload: granted } },
        { type: 'broadcast', except: participantId, message: { name: 'floor:taken', payload: taken } },
      ];
    }
    case 'revoked': {
      const { participantId, fence, reason, retryAfterMs } = news;
      const payload = { callId, fence, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      return [{ type: 'send', to: participantId, message: { name: 'floor:revoked', payload } }];
    }
    case 'denied': {
      const { participantId, reason, retryAfterMs } = news;
      const payload = { callId, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
      return [{ type: 'send', to: participantId, message: { name: 'floor:denied', payload } }];
    }
    case 'idle':
      return [
        {
          type: 'broadcast',
          except: null,
          message: { name: 'floor:idle', payload: { callId, fence: news.fence } },
        },
      ];
  }
}
