/**
 * One media server's event feed: one connection, the rooms subscribed to, and a picture of each. After a cut it
 * resyncs by sequence number or snapshot, so a picture never shows what is no longer there.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { ProducerState } from '@crossfade/shared/media-api';
import {
  FEED_NAMESPACE,
  feedEventSchema,
  joinRoomAnswerSchema,
  type FeedEvent,
} from '@crossfade/shared/media-events';
import { io, type Socket } from 'socket.io-client';
import { applyEvent, differences, pictureOf, type RoomPicture } from './picture.ts';

/** What became of a room's producers, for its clients. */
export type RoomNews =
  | { type: 'new-producer'; producer: ProducerState }
  | {
      type: 'producer-closed';
      producer: ProducerState;
      reason: Extract<FeedEvent, { type: 'producer-closed' }>['reason'];
    }
  | { type: 'producer-paused' | 'producer-resumed'; producer: ProducerState; by: 'owner' | 'server' }
  | { type: 'producer-wanted-layers'; producer: ProducerState; spatialLayer: number }
  | { type: 'consumer-closed'; consumerId: string; producerId: string; participantId: string }
  /** For everyone in the call, or for the owner of a consumer: passed on as it came. */
  | Extract<
      FeedEvent,
      { type: 'active-speaker' | 'audio-levels' | 'consumer-layers-changed' | 'consumer-score' }
    >;

export interface FeedHandlers {
  /** @param epoch of the room */
  news(roomId: string, news: RoomNews, epoch: number): void;
  /**
   * The media server no longer has the room, or has been out of reach for too long.
   * @param server its base URL
   * @param serverGone whether it is out of reach
   */
  lost(roomId: string, epoch: number, server: string, serverGone: boolean): void;
  /** The media server is about to close the room, which runs until then. */
  moving(roomId: string, epoch: number, server: string): void;
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
  readonly #url: string;
  readonly #socket: Socket;
  readonly #handlers: FeedHandlers;
  readonly #log: Log;
  readonly #rooms = new Map<string, Subscription>();
  #lossTimer: NodeJS.Timeout | undefined;

  constructor(url: string, token: () => string, handlers: FeedHandlers, log: Log) {
    this.#url = url;
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
        for (const roomId of [...this.#rooms.keys()]) this.#lose(roomId, true);
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
  producers(roomId: string): ProducerState[] {
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
      case 'producer-resumed':
      case 'producer-wanted-layers': {
        const producer = this.#rooms.get(roomId)?.picture.producers.get(event.producerId);
        if (!producer) break;
        if (event.type === 'new-producer') this.#news(roomId, { type: event.type, producer });
        else if (event.type === 'producer-wanted-layers') {
          const { type, spatialLayer } = event;
          this.#news(roomId, { type, producer, spatialLayer });
        } else this.#news(roomId, { type: event.type, producer, by: event.by });
        break;
      }
      case 'producer-closed': {
        const producer = before.producers.get(event.producerId);
        if (producer) this.#news(roomId, { type: 'producer-closed', producer, reason: event.reason });
        break;
      }
      case 'consumer-closed': {
        const { consumerId, producerId, participantId } = event;
        this.#news(roomId, { type: 'consumer-closed', consumerId, producerId, participantId });
        break;
      }
      case 'active-speaker':
      case 'audio-levels':
      case 'consumer-layers-changed':
      case 'consumer-score':
        this.#news(roomId, event);
        break;
      case 'room-moved': {
        const room = this.#rooms.get(roomId);
        // One whose worker died is empty: to the call it is as lost as one that was closed.
        if (event.reason === 'worker-died') this.#lose(roomId, false);
        else if (room) this.#handlers.moving(roomId, room.epoch, this.#url);
        break;
      }
      case 'room-closed':
        this.#lose(roomId, false);
        break;
      case 'transport-state':
      case 'participant-left':
      case 'producer-score':
      case 'data-producer-opened':
      case 'data-producer-closed':
        break;
    }
  }

  #news(roomId: string, news: RoomNews): void {
    const room = this.#rooms.get(roomId);
    if (room) this.#handlers.news(roomId, news, room.epoch);
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
      for (const news of missedNews(before, room.picture)) this.#news(roomId, news);
    } catch (error) {
      this.#log.warn('room could not be resynced', { roomId, error });
      if (error instanceof CodedError && error.code === 'room-not-found') this.#lose(roomId, false);
    }
  }

  #lose(roomId: string, serverGone: boolean): void {
    const room = this.#rooms.get(roomId);
    if (!room) return;
    this.#rooms.delete(roomId);
    this.#handlers.lost(roomId, room.epoch, this.#url, serverGone);
  }
}

/** What clients have to hear to know the later picture when they know the one before. */
function* missedNews(before: RoomPicture, after: RoomPicture): Generator<RoomNews> {
  const { gone, added, muted, watched, layers } = differences(before.producers, after.producers);
  const pausedOrResumed = (paused: boolean) => (paused ? 'producer-paused' : 'producer-resumed');
  for (const producer of gone) yield { type: 'producer-closed', producer, reason: 'closed' };
  for (const producer of added) yield { type: 'new-producer', producer };
  for (const producer of muted) yield { type: pausedOrResumed(producer.paused), producer, by: 'owner' };
  // Of what was not known yet its sender cannot have heard anything either.
  const unheard = added.filter(({ pausedByServer }) => pausedByServer);
  for (const producer of [...watched, ...unheard]) {
    yield { type: pausedOrResumed(producer.pausedByServer), producer, by: 'server' };
  }
  for (const producer of [...layers, ...added]) {
    const { wantedSpatialLayer: spatialLayer } = producer;
    if (spatialLayer !== null) yield { type: 'producer-wanted-layers', producer, spatialLayer };
  }
}
