/** The media servers this gateway works with: opening a call's room on one of them, and closing it. */
import type { Log } from '@crossfade/service/log';
import { signServiceToken, type TokenKey } from '@crossfade/service/tokens';
import { CodedError } from '@crossfade/shared/errors';
import type { Room } from '../calls/state.ts';
import { MediaServerFeed, type FeedHandlers } from '../media-client/feed.ts';
import { MediaServerClient } from '../media-client/http.ts';
import { placementOrder } from './place.ts';

/** Lifetime of the tokens we sign for ourselves, and how much of it has to be left; seconds. */
const TOKEN_LIFETIME_S = 300;
const TOKEN_MARGIN_S = 60;

/**
 * A room lives this long after its gateway has last said that it is needed, so that what a killed gateway leaves behind
 * goes away by itself; seconds. Said again three times within it.
 */
const LEASE_S = 30;
const RENEW_EVERY_MS = 10_000;

interface Node {
  api: MediaServerClient;
  feed: MediaServerFeed;
}

export class MediaServers {
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #log: Log;
  readonly #handlers: FeedHandlers;
  /** The rooms that this gateway hears of and keeps alive, by call. */
  readonly #open = new Map<string, Room>();
  readonly #renewal: NodeJS.Timeout;

  constructor(urls: readonly string[], key: TokenKey, handlers: FeedHandlers, log: Log) {
    const token = tokenSource(key);
    this.#log = log;
    this.#handlers = handlers;
    const hear: FeedHandlers = {
      ...handlers,
      lost: (callId, epoch) => {
        if (this.#open.get(callId)?.epoch === epoch) this.#open.delete(callId);
        handlers.lost(callId, epoch);
      },
    };
    this.#nodes = new Map(
      urls.map((url) => [
        url,
        { api: new MediaServerClient(url, token), feed: new MediaServerFeed(url, token, hear, log) },
      ]),
    );
    this.#renewal = setInterval(() => this.#renewLeases(), RENEW_EVERY_MS);
    this.#renewal.unref();
  }

  /** How many are connected by their feed. */
  get connected(): number {
    return [...this.#nodes.values()].filter(({ feed }) => feed.connected).length;
  }

  /**
   * Opens a call's room on the first media server that takes it, and subscribes to its events.
   * @param isCurrent whether the call still wants a room of this epoch; asked when a media server has a newer one
   * @throws CodedError what the last one answered, or `media-server-unavailable`
   */
  async open(callId: string, epoch: number, isCurrent: () => Promise<boolean>): Promise<Room> {
    let failure: unknown;
    for (const server of placementOrder(callId, [...this.#nodes.keys()])) {
      try {
        return await this.#openOn(server, callId, epoch, isCurrent);
      } catch (error) {
        this.#log.warn('media server did not take a room', { server, callId, error });
        failure = error;
      }
    }
    throw failure instanceof CodedError ? failure : new CodedError('media-server-unavailable');
  }

  async #openOn(
    server: string,
    callId: string,
    epoch: number,
    isCurrent: () => Promise<boolean>,
  ): Promise<Room> {
    const { api, feed } = this.#node(server);
    const create = () => leaseRoom(api, callId, epoch);
    const { rtpCapabilities } = await create().catch(async (error: unknown) => {
      // A newer room than the call itself knows of: left by a gateway that ended without closing it.
      const isLeftover = error instanceof CodedError && error.code === 'stale-epoch' && (await isCurrent());
      if (!isLeftover) throw error;
      await ignoring(['room-not-found'], api.deleteRoom({ roomId: callId }));
      return create();
    });
    try {
      await feed.subscribe(callId, epoch);
    } catch (error) {
      // Nobody would hear of what happens in it.
      await this.close(callId, { server, epoch, rtpCapabilities });
      throw error;
    }
    const room: Room = { server, epoch, rtpCapabilities };
    this.#open.set(callId, room);
    return room;
  }

  /**
   * Hears of what happens in a room that was opened by any gateway, and renews its lease; twice is once. The producers
   * in it are told like new ones: its clients here cannot have heard of them.
   * @throws CodedError why not; a room that is not there is told as lost
   */
  async subscribe(callId: string, room: Room): Promise<void> {
    const { server, epoch } = room;
    const known = this.#open.get(callId);
    if (known?.server === server && known.epoch === epoch) return;
    const { feed } = this.#node(server);
    try {
      await feed.subscribe(callId, epoch);
    } catch (error) {
      if (error instanceof CodedError && error.code === 'room-not-found') this.#handlers.lost(callId, epoch);
      throw error;
    }
    this.#open.set(callId, room);
    for (const producer of feed.producers(callId)) {
      this.#handlers.news(callId, { type: 'new-producer', producer });
    }
  }

  /** No more of a room; it stays. */
  unsubscribe(callId: string, { server, epoch }: Room): void {
    this.#nodes.get(server)?.feed.unsubscribe(callId, epoch);
    const known = this.#open.get(callId);
    if (known?.server === server && known.epoch === epoch) this.#open.delete(callId);
  }

  /** Closes a room; one that is gone already, or belongs to a newer epoch by now, is left alone. */
  async close(callId: string, { server, epoch }: Room): Promise<void> {
    const { api, feed } = this.#node(server);
    feed.unsubscribe(callId, epoch);
    if (this.#open.get(callId)?.epoch === epoch) this.#open.delete(callId);
    await ignoring(['room-not-found', 'stale-epoch'], api.deleteRoom({ roomId: callId, epoch }));
  }

  /** Closes everything a participant has in a room. */
  async leave(callId: string, { server, epoch }: Room, participantId: string): Promise<void> {
    const acting = { roomId: callId, epoch };
    await ignoring(
      ['room-not-found', 'participant-not-found', 'stale-epoch'],
      this.#node(server).api.leave(acting, participantId),
    );
  }

  /** The API of the media server that has a room. */
  api(room: Room): MediaServerClient {
    return this.#node(room.server).api;
  }

  /** The producers in a call's room. */
  producers(callId: string, room: Room) {
    return this.#node(room.server).feed.producers(callId);
  }

  async shutDown(): Promise<void> {
    clearInterval(this.#renewal);
    await Promise.all(
      [...this.#nodes.values()].map(({ api, feed }) => {
        feed.close();
        return api.close();
      }),
    );
  }

  #renewLeases(): void {
    for (const [callId, { server, epoch }] of this.#open) {
      leaseRoom(this.#node(server).api, callId, epoch).catch((error: unknown) => {
        // The feed tells when the room is lost; a server that does not answer is asked again.
        this.#log.debug('a lease was not renewed', { server, callId, error });
      });
    }
  }

  #node(server: string): Node {
    const node = this.#nodes.get(server);
    if (!node) throw new CodedError('media-server-unavailable');
    return node;
  }
}

/** Makes the room, or renews its lease. */
function leaseRoom(api: MediaServerClient, callId: string, epoch: number) {
  return api.createRoom({ roomId: callId, epoch }, { epoch, lease: LEASE_S });
}

async function ignoring(codes: readonly string[], work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CodedError && codes.includes(error.code))) throw error;
  }
}

function tokenSource(key: TokenKey): () => string {
  let token = '';
  let goodUntil = 0;
  return () => {
    const now = Date.now() / 1000;
    if (now > goodUntil) {
      token = signServiceToken(key, { subject: 'gateway', lifetimeS: TOKEN_LIFETIME_S });
      goodUntil = now + TOKEN_LIFETIME_S - TOKEN_MARGIN_S;
    }
    return token;
  };
}
