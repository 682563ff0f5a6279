/** What a media server tells of a room, as its call's clients hear it. Pure. */
import type { Message } from '../calls/events.ts';
import type { RoomNews } from '../media-client/feed.ts';

/** @param epoch of the room: while a call moves from room to room there are two */
export function roomNewsMessage(callId: string, news: RoomNews, epoch: number): Message {
  switch (news.type) {
    case 'new-producer': {
      const { producerId, participantId, kind, source, paused } = news.producer;
      return {
        name: 'new-producer',
        payload: { callId, epoch, producerId, participantId, kind, source, paused },
      };
    }
    case 'producer-closed': {
      const { producerId, participantId } = news.producer;
      return { name: 'producer-closed', payload: { callId, producerId, participantId, reason: news.reason } };
    }
    case 'producer-paused':
    case 'producer-resumed': {
      const { producerId, participantId } = news.producer;
      return { name: news.type, payload: { callId, producerId, participantId, by: news.by } };
    }
    case 'producer-wanted-layers': {
      const { producerId, participantId } = news.producer;
      const { spatialLayer } = news;
      return { name: news.type, payload: { callId, producerId, participantId, spatialLayer } };
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
    case 'transcription': {
      const { participantId, text, final, startMs, endMs, language } = news;
      const said = { participantId, text, final, startMs, endMs, language };
      return { name: 'call:transcription', payload: { callId, ...said } };
    }
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

/** Whom it concerns: one participant only, or everyone but whoever brought it about. */
export function roomNewsRecipient(news: RoomNews): { only: string } | { except: string | null } {
  switch (news.type) {
    case 'consumer-closed':
    case 'consumer-layers-changed':
    case 'consumer-score':
      return { only: news.participantId };
    case 'producer-wanted-layers':
      return { only: news.producer.participantId };
    case 'producer-paused':
    case 'producer-resumed':
      // That nobody receives it is for its sender to know, who may save the sending: to all others it would look like mute.
      if (news.by === 'server') return { only: news.producer.participantId };
      return { except: news.producer.participantId };
    case 'active-speaker':
    case 'audio-levels':
    case 'transcription':
      return { except: null };
    case 'new-producer':
    case 'producer-closed':
      return { except: news.producer.participantId };
  }
}
