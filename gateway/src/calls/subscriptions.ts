/**
 * Which rooms this gateway hears of: those of the calls it has people in, whoever opened them; while a call moves from room
 * to room there are several. What it subscribes to it also keeps alive on the media server.
 */
import type { Log } from '@crossfade/service/log';
import { heldRooms, type CallState, type Room } from './state.ts';

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
  /** By call, then by room. */
  readonly #calls = new Map<string, Map<string, Subscription>>();
  #closed = false;

  constructor(feeds: RoomFeeds, log: Log) {
    this.#feeds = feeds;
    this.#log = log;
  }

  /** The call is like this now; `here`: whether this gateway has people in it. */
  follow(callId: string, state: CallState | null, here: boolean): void {
    const wanted = new Map((state && here ? heldRooms(state) : []).map((room) => [keyOf(room), room]));
    const heard = this.#calls.get(callId) ?? new Map<string, Subscription>();
    for (const [key, { room }] of heard) {
      if (wanted.has(key)) continue;
      heard.delete(key);
      this.#feeds.unsubscribe(callId, room);
    }
    if (wanted.size === 0) this.#calls.delete(callId);
    else this.#calls.set(callId, heard);
    for (const [key, room] of wanted) if (!heard.has(key)) heard.set(key, this.#start(callId, room));
  }

  /** Waits until it is known what is in a call's rooms, at most `limitMs`. */
  async ready(callId: string, limitMs: number): Promise<void> {
    const heard = this.#calls.get(callId);
    if (!heard) return;
    let limit: NodeJS.Timeout | undefined;
    await Promise.race([
      Promise.all([...heard.values()].map(({ ready }) => ready)),
      new Promise<void>((resolve) => {
        limit = setTimeout(resolve, limitMs);
      }),
    ]);
    clearTimeout(limit);
  }

  close(): void {
    this.#closed = true;
    this.#calls.clear();
  }

  #start(callId: string, room: Room): Subscription {
    const isWanted = () => !this.#closed && this.#calls.get(callId)?.has(keyOf(room)) === true;
    const attempt = async (): Promise<void> => {
      if (!isWanted()) return;
      try {
        await this.#feeds.subscribe(callId, room);
        // The call went on meanwhile.
        if (!isWanted()) this.#feeds.unsubscribe(callId, room);
      } catch (error) {
        this.#log.debug('not subscribed to a room', { callId, server: room.server, error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
        await attempt();
      }
    };
    return { room, ready: Promise.resolve().then(attempt) };
  }
}

function keyOf({ server, epoch }: Room): string {
  return `${server} ${String(epoch)}`;
}
