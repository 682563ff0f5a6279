/** What a media server tells of a room, as its call's clients hear it. Pure. */
import type { Message } from '../calls/events.ts';
import type { RoomNews } from '../media-client/feed.ts';

/** Who hears it: one participant, or everyone but one. */
export function audienceOf(news: RoomNews): { only: string } | { except: string | null } {
  switch (news.type) {
    case 'consumer-closed':
    case 'consumer-layers-changed':
    case 'consumer-score':
      return { only: news.participantId };
    case 'active-speaker':
    case 'audio-levels':
      return { except: null };
    default:
      return { except: news.producer.participantId };
  }
}

/** @param epoch of the room: while a call moves from room to room there are two */
export function roomNewsMessage(callId: string, news: RoomNews, epoch: number): Message {
  switch (news.type) {
    case 'new-producer':
      return { name: 'new-producer', payload: { callId, epoch, ...news.producer } };
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
    case 'active-speaker': {
      const { participantId, producerId } = news;
      return { name: 'active-speaker', payload: { callId, participantId, producerId } };
    }
    case 'audio-levels':
      return { name: 'audio-levels', payload: { callId, levels: news.levels } };
    case 'consumer-layers-changed': {
      const { consumerId, producerId, layers } = news;
      return { name: 'consumer-layers-changed', payload: { callId, consumerId, producerId, layers } };
    }
    case 'consumer-score': {
      const { consumerId, producerId, score, producerScore } = news;
      return { name: 'consumer-score', payload: { callId, consumerId, producerId, score, producerScore } };
    }
  }
}
