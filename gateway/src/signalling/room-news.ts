/** What a media server tells of a room, as its call's clients hear it. Pure. */
import type { Message } from '../calls/events.ts';
import type { RoomNews } from '../media-client/feed.ts';

export function roomNewsMessage(callId: string, news: RoomNews): Message {
  switch (news.type) {
    case 'new-producer':
      return { name: 'new-producer', payload: { callId, ...news.producer } };
    case 'producer-closed': {
      const { producerId, participantId } = news.producer;
      return { name: 'producer-closed', payload: { callId, producerId, participantId, reason: news.reason } };
    }
    case 'producer-paused':
    case 'producer-resumed': {
      const { producerId, participantId } = news.producer;
      return { name: news.type, payload: { callId, producerId, participantId } };
    }
    case 'consumer-closed': {
      const { consumerId, producerId, participantId } = news;
      return { name: 'consumer-closed', payload: { callId, consumerId, producerId, participantId } };
    }
  }
}
