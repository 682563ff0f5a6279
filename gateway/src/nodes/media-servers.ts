/** The media servers this gateway works with: opening a call's room on one of them, hearing of it, and closing it. */
import type { Log } from '@crossfade/service/log';
import type { TokenKey } from '@crossfade/service/tokens';
import { CodedError } from '@crossfade/shared/errors';
import type { MediaServersAnswer } from '@crossfade/shared/gateway-api';
import type { ProducerState } from '@crossfade/shared/media-api';
import type { Room } from '../calls/state.ts';
import type { FeedHandlers } from '../media-client/feed.ts';
import type { MediaServerClient } from '../media-client/http.ts';
import { ownTokens } from '../media-client/own-token.ts';
import type { MediaServerMetrics } from '../metrics/media-servers.ts';
import { watchAddresses, type DnsName, type Resolver } from './addresses.ts';
import { evacuate, type Evacuation, type Occupied } from './evacuation.ts';
import { evidenceAgainst, type HealthLimits } from './health.ts';
import { Herd } from './herd.ts';
import type { MediaNode } from './node.ts';
import { headroom, place } from './place.ts';
import { Registry } from './registry.ts';

/** Which room of a call. */
type RoomAddress = Pick<Room, 'server' | 'epoch'>;

/** What is told of calls' rooms, each by the epoch it was opened for. */
export interface CallHandlers extends Pick<FeedHandlers, 'news'> {
  /**
   * A media server no longer has the room.
   * @param serverGone it is dead or stops: it is no place for the call's next room either
   */
  lost(callId: string, epoch: number, server: string, serverGone: boolean): void;
  /** A media server is about to close the room; its media still flow. */
  moving(callId: string, epoch: number, server: string): void;
  /** It is not about to any more. */
  staying(callId: string, epoch: number, server: string): void;
  /** A media server has become healthy: calls that could not get a room may try again. */
  available(): void;
}

export interface MediaServersOptions {
  /** Where they are: fixed, or looked up in DNS every so many milliseconds. */
  addresses:
    readonly string[] | { dns: DnsName; everyMs: number; servers?: readonly string[]; resolver?: Resolver };
  /** Where this gateway stands; null: nowhere in particular. */
  region: string | null;
  pollEveryMs: number;
  limits: HealthLimits;
  key: TokenKey;
  rooms: CallHandlers;
  metrics: Pick<MediaServerMetrics, 'placed' | 'requests' | 'watch'>;
  log: Log;
}

/** How often it is looked whether calls have to leave a server that drains, milliseconds. */
const EVACUATE_EVERY_MS = 250;

export class MediaServers {
  readonly #options: MediaServersOptions;
  readonly #registry: Registry;
  readonly #herd = new Herd();
  readonly #stopWatching: () => void;
  /** By server. */
  readonly #evacuations = new Map<string, Evacuation>();
  readonly #evacuating: NodeJS.Timeout;

  constructor(options: MediaServersOptions) {
    this.#options = options;
    const { addresses, key, rooms, pollEveryMs, limits, metrics, log } = options;
    this.#registry = new Registry({
      token: ownTokens(key),
      pollEveryMs,
      limits,
      observer: metrics.requests,
      available: () => rooms.available(),
      log,
      rooms: (server) => ({
        news: rooms.news.bind(rooms),
        lost: (callId, epoch, serverGone) => {
          const tell = () => rooms.lost(callId, epoch, server, serverGone);
          this.#herd.add(herdKey(callId, epoch, server), tell);
        },
        moving: (callId, epoch) => this.#move(callId, epoch, server),
      }),
    });
    this.#evacuating = setInterval(() => this.#evacuate(), EVACUATE_EVERY_MS);
    this.#evacuating.unref();
    metrics.watch(() => this.#registry.nodes.map(({ state: { state } }) => state));
    if ('dns' in addresses) {
      const found = (urls: readonly string[]) => this.#registry.update(urls);
      this.#stopWatching = watchAddresses({ ...addresses, found, log });
    } else {
      this.#registry.update(addresses);
      this.#stopWatching = () => undefined;
    }
  }

  /** How many are connected by their feed. */
  get connected(): number {
    return this.#registry.nodes.filter(({ connected }) => connected).length;
  }

  /** `GET /api/media-servers` */
  get view(): MediaServersAnswer['mediaServers'] {
    return this.#registry.nodes.map((node) => {
      const { state, leaving, refusing, region, load, draining } = node.candidate;
      const since = 'since' in node.state ? new Date(node.state.since).toISOString() : null;
      const evidence = evidenceAgainst(node.state);
      const { bootId = null } = node.state.node ?? {};
      return {
        url: node.url,
        state,
        since,
        evidence,
        ...{ region, bootId, load: node.state.node ? load : null, draining, leaving, refusing },
        feed: node.connected ? ('connected' as const) : ('cut' as const),
        circuit: node.api.circuit,
        rooms: node.roomCount,
      };
    });
  }

  /**
   * Opens a call's room on the first media server that takes it, and subscribes to its events.
   * @param isCurrent whether the call still wants a room of this epoch; asked when a media server has a newer one
   * @param wish.avoid servers that are not asked: the call is about to leave them
   * @param wish.last servers that are asked last: the attempts before failed there
   * @param wish.spare only servers with plenty of room
   * @throws CodedError what the last one answered, or `media-server-unavailable`
   */
  async open(
    callId: string,
    epoch: number,
    isCurrent: () => Promise<boolean>,
    {
      avoid = [],
      last = [],
      spare = false,
    }: { avoid?: readonly string[]; last?: readonly string[]; spare?: boolean } = {},
  ): Promise<Room> {
    const { region, metrics, log } = this.#options;
    const candidates = this.#registry.nodes.map(({ candidate }) => candidate);
    const { order, excluded } = place(candidates, { callId, region, avoid, last, spare });
    let failure: unknown;
    for (const { server, rule } of order) {
      const node = this.#registry.get(server);
      if (!node) continue;
      try {
        const rtpCapabilities = await node.open(callId, epoch, isCurrent);
        metrics.placed(rule);
        this.#closeElsewhere(callId, epoch, node);
        return { server, epoch, rtpCapabilities };
      } catch (error) {
        log.warn('media server did not take a room', { server, callId, error });
        failure = error;
      }
    }
    metrics.placed('none');
    log[spare ? 'info' : 'warn']('no media server takes a room', { callId, excluded });
    const isFull = excluded.some(({ why }) => why === 'full' || why === 'draining');
    throw failure instanceof CodedError
      ? failure
      : new CodedError(isFull ? 'no-capacity' : 'media-server-unavailable');
  }

  /**
   * Hears of a room that another gateway has opened, and renews its lease as well; it goes on trying by itself. Once
   * more changes nothing. What is in the room already is told like news.
   * @returns when it is known what is in it
   * @throws CodedError why it is not known yet
   */
  subscribe(callId: string, { server, epoch }: RoomAddress): Promise<void> {
    return this.#registry.withRoom(server).subscribe(callId, epoch);
  }

  /** Nobody here needs to hear of a call's room any more. The room stays. */
  unsubscribe(callId: string, { server, epoch }: RoomAddress): void {
    this.#herd.remove(herdKey(callId, epoch, server));
    this.#registry.get(server)?.unsubscribe(callId, epoch);
  }

  /** Closes a room; one that is gone already, or belongs to a newer epoch by now, is left alone. */
  async close(callId: string, { server, epoch }: RoomAddress): Promise<void> {
    this.#herd.remove(herdKey(callId, epoch, server));
    await this.#registry.withRoom(server).close(callId, epoch);
  }

  /** Closes everything a participant has in a room. */
  async leave(callId: string, { server, epoch }: RoomAddress, participantId: string): Promise<void> {
    await this.#registry.get(server)?.leave(callId, epoch, participantId);
  }

  /** The API of the media server that has a room. */
  api({ server }: RoomAddress): MediaServerClient {
    return this.#registry.withRoom(server).api;
  }

  /** The producers in a call's room. */
  producers(callId: string, { server }: RoomAddress): ProducerState[] {
    const picture = this.#registry.get(server)?.picture(callId);
    return [...(picture?.producers.values() ?? [])];
  }

  async shutDown(): Promise<void> {
    this.#stopWatching();
    clearInterval(this.#evacuating);
    this.#herd.close();
    await this.#registry.shutDown();
  }

  #move(callId: string, epoch: number, server: string): void {
    const { rooms } = this.#options;
    this.#herd.add(herdKey(callId, epoch, server), () => rooms.moving(callId, epoch, server));
  }

  /** Calls leave servers that drain before these tell them to. */
  #evacuate(): void {
    const nodes = this.#registry.nodes;
    const listed = new Set(nodes.map(({ url }) => url));
    for (const url of this.#evacuations.keys()) if (!listed.has(url)) this.#evacuations.delete(url);
    for (const { url, closesAt, rooms } of nodes) {
      const before = this.#evacuations.get(url) ?? null;
      if (closesAt === null && before === null) continue;
      const candidates = nodes.map(({ candidate }) => candidate);
      const situation = { closesAt, rooms, headroom: headroom(candidates, url) };
      const { after, leave } = evacuate(before, situation, Date.now());
      if (after) this.#evacuations.set(url, after);
      else this.#stay(url, rooms);
      if (!before) this.#options.log.info('a media server drains', { server: url, rooms: rooms.length });
      for (const { callId, epoch } of leave) this.#move(callId, epoch, url);
    }
  }

  /** A drain that is called off: who was told to go, by us or by the server itself, and found no room elsewhere stays. */
  #stay(server: string, occupied: readonly Occupied[]): void {
    const { rooms, log } = this.#options;
    this.#evacuations.delete(server);
    log.info('a media server does not drain any more', { server, rooms: occupied.length });
    for (const { callId, epoch } of occupied)
      this.#herd.add(herdKey(callId, epoch, server), () => rooms.staying(callId, epoch, server));
  }

  /** An earlier attempt under the same epoch may have got its room somewhere else. */
  #closeElsewhere(callId: string, epoch: number, chosen: MediaNode): void {
    for (const node of this.#registry.nodes) {
      if (node !== chosen && node.has(callId, epoch)) void node.close(callId, epoch);
    }
  }
}

function herdKey(callId: string, epoch: number, server: string): string {
  return `${callId} ${String(epoch)} ${server}`;
}
