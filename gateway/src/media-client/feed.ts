/**
 * One media server's event feed: one connection, the rooms subscribed to, and a picture of each. After a cut every
 * picture is brought up to date by sequence number or snapshot, so that none goes on showing what is no longer there.
 */
import type { Log } from '@crossfade/service/log';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import type { ProducerState, RoomSnapshot } from '@crossfade/shared/media-api';
import {
  FEED_NAMESPACE,
  nodeLoadSchema,
  type FeedEvent,
  type NodeLoad,
} from '@crossfade/shared/media-events';
import { io, type Socket } from 'socket.io-client';
import { parseAnswer, parseEvent, type HeardEvent, type JoinedAnswer } from './feed-messages.ts';
import { applyEvent, differences, pictureOf, standsFor, type RoomPicture } from './picture.ts';

/** What became of a room, for its clients, and when the media server noticed; without that it was found out later. */
export type RoomNews = News & { at?: string };
type News =
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
      {
        type:
          'active-speaker' | 'audio-levels' | 'transcription' | 'consumer-layers-changed' | 'consumer-score';
      }
    >;

/** What is told of rooms, each by the epoch it is subscribed to under. */
export interface FeedHandlers {
  news(roomId: string, news: RoomNews, epoch: number): void;
  /**
   * The media server no longer has the room.
   * @param serverGone it is dead or stops: it is no place for the call's next room either
   */
  lost(roomId: string, epoch: number, serverGone: boolean): void;
  /** The media server is about to close the room; its media still flow. */
  moving(roomId: string, epoch: number): void;
}

/** What is told of the connection. */
export interface ConnectionHandlers {
  connected(): void;
  cut(why: string): void;
  load(load: NodeLoad): void;
}

interface Subscription {
  readonly epoch: number;
  /** What is known of it: nothing before the first answer. */
  picture: RoomPicture | undefined;
  /**
   * It has been asked for. What comes before the answer is in the answer as well: the media server subscribes and
   * answers in one go.
   */
  asking: boolean;
  retry: NodeJS.Timeout | undefined;
  readonly first: PromiseWithResolvers<undefined>;
}

/** An answer to a subscription takes no longer, milliseconds. */
const JOIN_LIMIT_MS = 1_500;
/** A subscription that failed on a connection that stands is tried again after, milliseconds. */
const RETRY_MS = 500;
/** A media server tells its load every 2 s: one that is silent for longer than this is not there. Milliseconds. */
const SILENCE_LIMIT_MS = 6_000;
const SILENCE_CHECK_MS = 1_000;
/** Milliseconds. A server that is back is found at once; there are few of them, and each has few readers. */
const RECONNECT_FIRST_MS = 100;
const RECONNECT_LONGEST_MS = 400;
const CONNECT_LIMIT_MS = 1_000;
/** The server ended the connection or refused our token: it is asked again after, milliseconds. */
const REFUSED_WAIT_MS = 1_000;

export interface FeedOptions {
  url: string;
  /** Gives a token that is good for a while: asked at each connect. */
  token: () => string;
  rooms: FeedHandlers;
  connection: ConnectionHandlers;
  log: Log;
}

export class MediaServerFeed {
  readonly #socket: Socket;
  readonly #options: FeedOptions;
  readonly #rooms = new Map<string, Subscription>();
  readonly #watchdog: NodeJS.Timeout;
  #reconnect: NodeJS.Timeout | undefined;
  #heardAt = 0;

  constructor(options: FeedOptions) {
    const { url, token, connection } = options;
    this.#options = options;
    this.#socket = io(`${url}${FEED_NAMESPACE}`, {
      transports: ['websocket'],
      auth: (give: (auth: { token: string }) => void) => give({ token: token() }),
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_LONGEST_MS,
      timeout: CONNECT_LIMIT_MS,
      autoConnect: false,
      // Two media servers behind one address, one after the other, are not one connection.
      forceNew: true,
    });
    this.#socket.onAny((name: string, payload: unknown) => {
      this.#heardAt = performance.now();
      if (name === 'node-load') this.#load(payload);
      else this.#receive(payload);
    });
    this.#socket.on('connect', () => {
      this.#heardAt = performance.now();
      connection.connected();
      for (const roomId of this.#rooms.keys()) this.#ask(roomId);
    });
    this.#socket.on('disconnect', (reason) => {
      connection.cut(reason);
      this.#comeBack();
    });
    this.#socket.on('connect_error', (error) => {
      connection.cut(refusalOf(error) ?? 'not connected');
      this.#comeBack();
    });
    this.#watchdog = setInterval(() => this.#listen(), SILENCE_CHECK_MS);
    this.#watchdog.unref();
    this.#socket.connect();
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /** The rooms subscribed to, and under which epoch. */
  get subscriptions(): { roomId: string; epoch: number }[] {
    return [...this.#rooms].map(([roomId, { epoch }]) => ({ roomId, epoch }));
  }

  /**
   * Subscribes to a room, and goes on trying until it is left or lost. Once more under the same epoch changes nothing.
   * @returns when the room is known for the first time
   * @throws CodedError `media-server-unavailable` or what the media server answered the first time
   */
  subscribe(roomId: string, epoch: number): Promise<undefined> {
    const known = this.#rooms.get(roomId);
    if (known && known.epoch >= epoch) return known.first.promise;
    const room: Subscription = {
      epoch,
      picture: undefined,
      asking: false,
      retry: undefined,
      first: Promise.withResolvers<undefined>(),
    };
    // Not everyone who subscribes waits for it.
    room.first.promise.catch(() => undefined);
    clearTimeout(known?.retry);
    this.#rooms.set(roomId, room);
    this.#ask(roomId);
    // As long as there is no connection nobody answers; whoever opens a room does not wait for ever.
    setTimeout(() => room.first.reject(new CodedError('media-server-unavailable')), JOIN_LIMIT_MS).unref();
    return room.first.promise;
  }

  unsubscribe(roomId: string, epoch: number): void {
    if (this.#forget(roomId, epoch) && this.#socket.connected) {
      this.#socket.emit('leave-room', { roomId }, () => undefined);
    }
  }

  /** Tells that a room is lost, unless it is not subscribed to under this epoch. */
  lose(roomId: string, epoch: number, serverGone = false): void {
    const room = this.#forget(roomId, epoch);
    if (!room) return;
    room.first.reject(new CodedError('room-not-found'));
    this.#options.rooms.lost(roomId, epoch, serverGone);
  }

  /** What is known of a room; undefined: nothing yet. */
  picture(roomId: string): RoomPicture | undefined {
    return this.#rooms.get(roomId)?.picture;
  }

  close(): void {
    clearInterval(this.#watchdog);
    clearTimeout(this.#reconnect);
    for (const { retry } of this.#rooms.values()) clearTimeout(retry);
    this.#rooms.clear();
    this.#socket.off();
    this.#socket.offAny();
    this.#socket.disconnect();
  }

  #forget(roomId: string, epoch: number): Subscription | undefined {
    const room = this.#rooms.get(roomId);
    if (room?.epoch !== epoch) return undefined;
    clearTimeout(room.retry);
    this.#rooms.delete(roomId);
    return room;
  }

  /** Half-open connections end here: TCP would notice after many minutes. */
  #listen(): void {
    if (this.#socket.connected && performance.now() - this.#heardAt > SILENCE_LIMIT_MS) {
      this.#socket.io.engine.close();
    }
  }

  /** socket.io-client does not come back by itself after the server has ended or refused a connection. */
  #comeBack(): void {
    if (this.#socket.active) return;
    clearTimeout(this.#reconnect);
    this.#reconnect = setTimeout(() => this.#socket.connect(), REFUSED_WAIT_MS);
    this.#reconnect.unref();
  }

  #load(payload: unknown): void {
    const load = nodeLoadSchema.safeParse(payload);
    if (load.success) this.#options.connection.load(load.data);
  }

  #receive(payload: unknown): void {
    const event = parseEvent(payload);
    if (!event) return;
    const room = this.#rooms.get(event.roomId);
    if (room?.picture && !room.asking) this.#apply(event, room, room.picture);
  }

  #apply(event: HeardEvent, room: Subscription, before: RoomPicture): void {
    const applied = applyEvent(before, event);
    if (applied.kind === 'gap') this.#ask(event.roomId);
    if (applied.kind !== 'applied') return;
    // It goes on as the room of a later attempt: what ours was is over.
    if (event.epoch > room.epoch) {
      this.lose(event.roomId, room.epoch);
      return;
    }
    room.picture = applied.picture;
    if (event.type !== 'unknown') this.#tell(event, before, room);
  }

  #tell(event: FeedEvent, before: RoomPicture, { picture, epoch }: Subscription): void {
    const { roomId, at } = event;
    const { rooms } = this.#options;
    switch (event.type) {
      case 'new-producer':
      case 'producer-paused':
      case 'producer-resumed':
      case 'producer-wanted-layers': {
        const producer = picture?.producers.get(event.producerId);
        if (!producer) break;
        if (event.type === 'new-producer') rooms.news(roomId, { type: event.type, producer, at }, epoch);
        else if (event.type === 'producer-wanted-layers') {
          const { type, spatialLayer } = event;
          rooms.news(roomId, { type, producer, spatialLayer, at }, epoch);
        } else rooms.news(roomId, { type: event.type, producer, by: event.by, at }, epoch);
        break;
      }
      case 'producer-closed': {
        const producer = before.producers.get(event.producerId);
        if (producer)
          rooms.news(roomId, { type: 'producer-closed', producer, reason: event.reason, at }, epoch);
        break;
      }
      case 'consumer-closed': {
        const { consumerId, producerId, participantId } = event;
        rooms.news(roomId, { type: 'consumer-closed', consumerId, producerId, participantId, at }, epoch);
        break;
      }
      case 'active-speaker':
      case 'audio-levels':
      case 'transcription':
      case 'consumer-layers-changed':
      case 'consumer-score':
        rooms.news(roomId, event, epoch);
        break;
      case 'room-moved':
        if (event.reason === 'draining') rooms.moving(roomId, epoch);
        // Made again by the server, it is empty: to the call it is as lost as one that was closed.
        else this.lose(roomId, epoch);
        break;
      case 'room-closed':
        this.lose(roomId, epoch, event.reason === 'shutting-down' || event.reason === 'drained');
        break;
      case 'transport-state':
      case 'participant-left':
      case 'producer-score':
      case 'data-producer-opened':
      case 'data-producer-closed':
        break;
    }
  }

  /** Asks for what was missed in a room, or for all of it. */
  #ask(roomId: string): void {
    const room = this.#rooms.get(roomId);
    // Without a connection: the next one asks for all of them.
    if (!room || !this.#socket.connected) return;
    clearTimeout(room.retry);
    room.asking = true;
    const { bootId, seq } = room.picture ?? {};
    const request = { roomId, ...(bootId !== undefined && { bootId, afterSeq: seq }) };
    // A callback, not a promise: the next event may come in the same turn, and has to find what the answer says.
    const answered = (error: Error | null, reply: unknown) => {
      if (this.#rooms.get(roomId) !== room) return;
      room.asking = false;
      this.#answered(roomId, room, error ? 'media-server-unavailable' : parseAnswer(reply));
    };
    this.#socket.timeout(JOIN_LIMIT_MS).emit('join-room', request, answered);
  }

  #answered(roomId: string, room: Subscription, answer: JoinedAnswer | ErrorCode): void {
    if (typeof answer === 'string') {
      room.first.reject(new CodedError(answer));
      if (answer === 'room-not-found') {
        this.lose(roomId, room.epoch);
        return;
      }
      this.#options.log.warn('a room of the feed could not be joined', { roomId, code: answer });
      room.retry = setTimeout(() => this.#ask(roomId), RETRY_MS);
      room.retry.unref();
      return;
    }
    if (answer.snapshot) this.#replace(roomId, room, answer.snapshot);
    else this.#catchUp(room, answer);
    room.first.resolve(undefined);
  }

  #catchUp(room: Subscription, { missed }: JoinedAnswer): void {
    for (const event of missed) {
      if (!room.picture || this.#rooms.get(event.roomId) !== room) return;
      this.#apply(event, room, room.picture);
    }
  }

  #replace(roomId: string, room: Subscription, snapshot: RoomSnapshot): void {
    const before = room.picture;
    // A room of this id, but another one: what ours had is gone.
    if (!standsFor(snapshot, before, room.epoch)) {
      this.lose(roomId, room.epoch);
      return;
    }
    room.picture = pictureOf(snapshot);
    const { rooms } = this.#options;
    for (const news of missedNews(before?.producers ?? NONE, room.picture.producers)) {
      rooms.news(roomId, news, room.epoch);
    }
  }
}

/** What is in a room at the first look is news as well: people may have joined before it was known. */
const NONE: RoomPicture['producers'] = new Map();

/** What clients have to hear to know the later picture when they know the one before. */
function* missedNews(before: RoomPicture['producers'], after: RoomPicture['producers']): Generator<RoomNews> {
  const { gone, added, muted, watched, layers } = differences(before, after);
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

/** The code with which a media server refused the connection; null: it was not reached. */
function refusalOf(error: Error & { data?: unknown }): string | null {
  const { data } = error;
  return typeof data === 'object' && data !== null && 'code' in data && typeof data.code === 'string'
    ? data.code
    : null;
}
