/** A room's events: numbered without a gap, the latest kept for readers that missed some. Pure. */
import type { FeedEvent, RoomEvent } from '@crossfade/shared/media-events';

/** How many events of a room are kept. */
const KEPT_EVENTS = 1_000;

export interface EventLogOptions {
  roomId: string;
  bootId: string;
  /** The number the room's events go on from: 0, or the last of its namesake before it. */
  after: number;
  /** How many events are kept. */
  capacity?: number;
}

export class EventLog {
  readonly #roomId: string;
  readonly #bootId: string;
  readonly #capacity: number;
  /** A ring: event `seq` is at `seq % capacity`. */
  readonly #ring: FeedEvent[] = [];
  readonly #first: number;
  #seq: number;

  constructor(options: EventLogOptions) {
    this.#roomId = options.roomId;
    this.#bootId = options.bootId;
    this.#capacity = options.capacity ?? KEPT_EVENTS;
    this.#first = options.after;
    this.#seq = options.after;
  }

  /** The number of the latest event; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  append(event: RoomEvent, epoch: number, at: Date): FeedEvent {
    this.#seq += 1;
    const numbered: FeedEvent = {
      ...event,
      roomId: this.#roomId,
      epoch,
      bootId: this.#bootId,
      seq: this.#seq,
      at: at.toISOString(),
    };
    this.#ring[this.#seq % this.#capacity] = numbered;
    return numbered;
  }

  /** The events after this one, oldest first; undefined if they are not all kept, or if there was no such event. */
  after(seq: number): FeedEvent[] | undefined {
    const oldestKept = Math.max(this.#first, this.#seq - this.#capacity) + 1;
    if (seq < oldestKept - 1 || seq > this.#seq) return undefined;
    const missed: FeedEvent[] = [];
    for (let next = seq + 1; next <= this.#seq; next += 1) {
      const event = this.#ring[next % this.#capacity];
      if (event) missed.push(event);
    }
    return missed;
  }
}
