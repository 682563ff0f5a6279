/**
 * Which rooms this gateway hears of: those of the calls it has people in, whoever opened them. What it subscribes to it
 * also keeps alive on the media server.
 */
import type { Log } from '@crossfade/service/log';
import { roomOf, type CallState, type Room } from './state.ts';

/** What is needed of the media servers. */
export interface RoomFeeds {
  /**
   * Hears of what happens in a room from now on, and renews its lease; twice is once. What is in the room already is
   * told like news.
   */
  subscribe(callId: string, room: Room): Promise<void>;
  /** No more of it; the room stays. */
  unsubscribe(callId: string, room: Room): void;
}

/** After a room could not be subscribed to, it is tried again; milliseconds. */
const RETRY_MS = 500;

interface Subscription {
  readonly room: Room;
  /** When its picture is there. */
  readonly ready: Promise<void>;
}

export class Subscriptions {
  readonly #feeds: RoomFeeds;
  readonly #log: Log;
  readonly #rooms = new Map<string, Subscription>();
  #closed = false;

  constructor(feeds: RoomFeeds, log: Log) {
    this.#feeds = feeds;
    this.#log = log;
  }

  /** The call is like this now; `here`: whether this gateway has people in it. */
  follow(callId: string, state: CallState | null, here: boolean): void {
    const wanted = state && here ? roomHeard(state) : null;
    const current = this.#rooms.get(callId);
    if (current && !(wanted && isSame(wanted, current.room))) {
      this.#rooms.delete(callId);
      this.#feeds.unsubscribe(callId, current.room);
    }
    if (wanted && !this.#rooms.has(callId)) this.#start(callId, wanted);
  }

  /** Waits until it is known what is in a call's room, at most `limitMs`. */
  async ready(callId: string, limitMs: number): Promise<void> {
    const subscription = this.#rooms.get(callId);
    if (!subscription) return;
    let limit: NodeJS.Timeout | undefined;
    await Promise.race([
      subscription.ready,
      new Promise<void>((resolve) => {
        limit = setTimeout(resolve, limitMs);
      }),
    ]);
    clearTimeout(limit);
  }

  close(): void {
    this.#closed = true;
    this.#rooms.clear();
  }

  #start(callId: string, room: Room): void {
    const isWanted = () => !this.#closed && this.#rooms.get(callId) === subscription;
    const attempt = async (): Promise<void> => {
      try {
        await this.#feeds.subscribe(callId, room);
        // The call went on meanwhile.
        if (!isWanted() && !this.#hears(callId, room)) this.#feeds.unsubscribe(callId, room);
      } catch (error) {
        this.#log.debug('not subscribed to a room', { callId, server: room.server, error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
        if (isWanted()) await attempt();
      }
    };
    const subscription: Subscription = { room, ready: Promise.resolve().then(attempt) };
    this.#rooms.set(callId, subscription);
  }

  #hears(callId: string, room: Room): boolean {
    const current = this.#rooms.get(callId);
    return current !== undefined && isSame(current.room, room);
  }
}

/** The room in use, or the one that is kept for late clients. */
function roomHeard({ media, draining }: CallState): Room | null {
  return roomOf(media) ?? draining?.room ?? null;
}

function isSame(one: Room, other: Room): boolean {
  return one.server === other.server && one.epoch === other.epoch;
}
