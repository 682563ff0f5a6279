/** What media servers tell of calls' rooms: to this gateway's clients, and to the calls themselves. */
import type { Log } from '@crossfade/service/log';
import type { Calls } from '../calls/calls.ts';
import type { CallEvent } from '../calls/events.ts';
import type { Enforcement } from '../moderation/enforcement.ts';
import type { RoomNews } from '../media-client/feed.ts';
import type { CallHandlers } from '../nodes/media-servers.ts';
import type { LocalCourier } from './courier.ts';
import { roomNewsMessage, roomNewsRecipient } from './room-news.ts';

export interface RoomHandlersOptions {
  courier: LocalCourier;
  calls: () => Pick<Calls, 'post' | 'known'>;
  enforcement: () => Pick<Enforcement, 'enforce'>;
  /** Told what happens in a call's room. */
  onNews: (callId: string, news: RoomNews) => void;
  /** Told when a media server noticed something (ISO 8601; absent: found out later), and when it was passed on, milliseconds since 1970. */
  onRelayed: (happenedAt: string | undefined, relayedAt: number) => void;
  log: Log;
}

export function roomHandlers({
  courier,
  calls,
  enforcement,
  onNews,
  onRelayed,
  log,
}: RoomHandlersOptions): CallHandlers {
  const tellCall = (
    callId: string,
    event: Extract<
      CallEvent,
      { type: 'room-lost' | 'room-moving' | 'room-staying' | 'media-server-available' }
    >,
  ) => {
    log.debug('news of media servers for a call', { callId, ...event });
    calls()
      .post(callId, event)
      .catch((error: unknown) => {
        log.error('a call was not told of its media server', { callId, error });
      });
  };
  return {
    news(callId, news, epoch) {
      if (news.type === 'new-producer' || news.type === 'producer-resumed') enforcement().enforce(callId);
      const message = roomNewsMessage(callId, news, epoch);
      const whom = roomNewsRecipient(news);
      if ('only' in whom) courier.sendHere(callId, whom.only, message);
      else courier.broadcastHere(callId, whom.except, message);
      onNews(callId, news);
      onRelayed(news.at, Date.now());
    },
    lost(callId, epoch, server, serverGone) {
      tellCall(callId, { type: 'room-lost', epoch, server, serverGone });
    },
    moving(callId, epoch, server) {
      tellCall(callId, { type: 'room-moving', epoch, server });
    },
    staying(callId, epoch, server) {
      tellCall(callId, { type: 'room-staying', epoch, server });
    },
    available() {
      for (const [callId, { state }] of calls().known) {
        if (state.retry) tellCall(callId, { type: 'media-server-available' });
      }
    },
  };
}
