/**
 * One media server's event feed: one connection, the rooms subscribed to, and a picture of each. After a cut it
 * resyncs by sequence number or snapshot, so a picture never shows what is no longer there.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { ProducerInfo } from '@crossfade/shared/media-api';
import {
  FEED_NAMESPACE,
  feedEventSchema,
  joinRoomAnswerSchema,
  type FeedEvent,
} from '@crossfade/shared/media-events';
import { io, type Socket } from 'socket.io-client';
import { applyEvent, differences, pictureOf, type RoomPicture } from './picture.ts';

/** What became of a room, for its clients, and when the media server noticed; without that it was found out later. */
export type RoomNews = News & { at?: string };
type News =
  | { type: 'new-producer'; producer: ProducerInfo }
  | {
      type: 'producer-closed';
      producer: ProducerInfo;
      reason: Extract<FeedEvent, { type: 'producer-closed' }>['reason'];
    }
  | { type: 'producer-paused' | 'producer-resumed'; producer: ProducerInfo }
  | { type: 'consumer-closed'; consumerId: string; producerId: string; participantId: string }
  /** For everyone in the call, or for the owner of a consumer: passed on as it came. */
  | Extract<
      FeedEvent,
      { type: 'active-speaker' | 'audio-levels' | 'consumer-layers-changed' | 'consumer-score' }
    >;

export interface FeedHandlers {
  news(roomId: string, news: RoomNews): void;
  /** The media server no longer has the room, or has been out of reach for too long. */
  lost(roomId: string, epoch: number): void;
}

interface Subscription {
  readonly epoch: number;
  picture: RoomPicture;
}

/** An answer to a subscription takes no longer, milliseconds. */
const JOIN_LIMIT_MS = 2_000;
/** A media server whose feed is cut for longer has lost its rooms, as far as calls are concerned; milliseconds. */
const LOST_AFTER_MS = 4_000;

export class MediaServerFeed {
  readonly #socket: Socket;
  readonly #handlers: FeedHandlers;
  readonly #log: Log;
  readonly #rooms = new Map<string, Subscription>();
  #lossTimer: NodeJS.Timeout | undefined;

  constructor(url: string, token: () => string, handlers: FeedHandlers, log: Log) {
    this.#handlers = handlers;
    this.#log = log;
    this.#socket = io(`${url}${FEED_NAMESPACE}`, {
      transports: ['websocket'],
      auth: (give: (auth: { token: string }) => void) => give({ token: token() }),
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      autoConnect: false,
    });
    this.#socket.onAny((_name: string, event: unknown) => {
      this.#receive(event);
    });
    this.#socket.on('connect', () => {
      clearTimeout(this.#lossTimer);
      this.#lossTimer = undefined;
      for (const roomId of this.#rooms.keys()) void this.#resync(roomId);
    });
    this.#socket.on('disconnect', () => {
      this.#lossTimer ??= setTimeout(() => {
        for (const roomId of [...this.#rooms.keys()]) this.#lose(roomId);
      }, LOST_AFTER_MS);
    });
    this.#socket.on('connect_error', (error) => {
      log.debug('media server feed not connected', { url, reason: error.message });
    });
    this.#socket.connect();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /**
   * Subscribes to a room.
   * @throws CodedError `media-server-unavailable` or what the media server answered
   */
  async subscribe(roomId: string, epoch: number): Promise<void> {
    const answer = await this.#join({ roomId });
    if (!answer.snapshot) throw new CodedError('media-server-unavailable');
    this.#rooms.set(roomId, { epoch, picture: pictureOf(answer.snapshot) });
  }

  unsubscribe(roomId: string, epoch: number): void {
    if (this.#rooms.get(roomId)?.epoch !== epoch) return;
    this.#rooms.delete(roomId);
    if (this.#socket.connected) this.#socket.emit('leave-room', { roomId }, () => undefined);
  }

  /** The producers in a room, as last heard of. */
  producers(roomId: string): ProducerInfo[] {
    return [...(this.#rooms.get(roomId)?.picture.producers.values() ?? [])];
  }

  close(): void {
    clearTimeout(this.#lossTimer);
    this.#rooms.clear();
    this.#socket.off();
    this.#socket.disconnect();
  }

  #receive(input: unknown): void {
    const parsed = feedEventSchema.safeParse(input);
    // A newer media server may send events that this gateway does not know.
    if (!parsed.success) return;
    const event = parsed.data;
    const room = this.#rooms.get(event.roomId);
    if (!room) return;
    const applied = applyEvent(room.picture, event);
    if (applied.kind === 'gap') void this.#resync(event.roomId);
    if (applied.kind !== 'applied') return;
    const before = room.picture;
    room.picture = applied.picture;
    this.#tell(event, before);
  }

  #tell(event: FeedEvent, before: RoomPicture): void {
    const { roomId } = event;
    switch (event.type) {
      case 'new-producer':
      case 'producer-paused':
      case 'producer-resumed': {
        const producer = this.#rooms.get(roomId)?.picture.producers.get(event.producerId);
        // The media server pauses what nobody receives: that is between it and its workers.
        if (event.type !== 'new-producer' && event.by === 'server') break;
        if (producer) this.#handlers.news(roomId, { type: event.type, producer, at: event.at });
        break;
      }
      case 'producer-closed': {
        const producer = before.producers.get(event.producerId);
        if (producer)
          this.#handlers.news(roomId, {
            type: 'producer-closed',
            producer,
            reason: event.reason,
            at: event.at,
          });
        break;
      }
      case 'consumer-closed': {
        const { consumerId, producerId, participantId, at } = event;
        this.#handlers.news(roomId, { type: 'consumer-closed', consumerId, producerId, participantId, at });
        break;
      }
      case 'active-speaker':
      case 'audio-levels':
      case 'consumer-layers-changed':
      case 'consumer-score':
        this.#handlers.news(roomId, event);
        break;
      // A room that was moved is empty: to the call it is as lost as one that was closed.
      case 'room-moved':
      case 'room-closed':
        this.#lose(roomId);
        break;
      case 'transport-state':
      case 'participant-left':
      case 'producer-score':
      case 'data-producer-opened':
      case 'data-producer-closed':
        break;
    }
  }

  async #join(request: { roomId: string; afterSeq?: number; bootId?: string }) {
    let reply: unknown;
    try {
      reply = await this.#socket.timeout(JOIN_LIMIT_MS).emitWithAck('join-room', request);
    } catch (cause) {
      throw new CodedError('media-server-unavailable', undefined, { cause });
    }
    const answer = joinRoomAnswerSchema.safeParse(reply);
    if (!answer.success) throw new CodedError('media-server-unavailable', undefined, { cause: answer.error });
    if (!answer.data.ok)
      throw new CodedError(answer.data.error.code satisfies ErrorCode, answer.data.error.message);
    return answer.data;
  }

  /** Brings a picture up to date, and tells the clients what they missed. */
  async #resync(roomId: string): Promise<void> {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    try {
      const { bootId, seq } = room.picture;
      const answer = await this.#join({ roomId, bootId, afterSeq: seq });
      if (this.#rooms.get(roomId) !== room) return;
      if (!answer.snapshot) {
        for (const event of answer.missed ?? []) this.#receive(event);
        return;
      }
      const before = room.picture;
      room.picture = pictureOf(answer.snapshot);
      const { gone, added, changed } = differences(before.producers, room.picture.producers);
      for (const producer of gone)
        this.#handlers.news(roomId, { type: 'producer-closed', producer, reason: 'closed' });
      for (const producer of added) this.#handlers.news(roomId, { type: 'new-producer', producer });
      for (const producer of changed) {
        this.#handlers.news(roomId, {
          type: producer.paused ? 'producer-paused' : 'producer-resumed',
          producer,
        });
      }
    } catch (error) {
      this.#log.warn('room could not be resynced', { roomId, error });
      if (error instanceof CodedError && error.code === 'room-not-found') this.#lose(roomId);
    }
  }

  #lose(roomId: string): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.#rooms.delete(roomId);
    this.#handlers.lost(roomId, room.epoch);
  }
}
