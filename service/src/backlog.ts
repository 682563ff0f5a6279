/**
 * How far one reader of the feed is behind, and when that is too far. Pure: fed with what happens on its connection.
 *
 * The system buffers megabytes for a connection before anything waits here, so bytes alone would notice a reader that has
 * stopped only late or, when little happens, never. Every connection is therefore pinged: a ping queues up behind the
 * events and its answer proves that everything before it was read. A reader is behind by as long as a ping is unanswered.
 */

export interface BacklogLimits {
  /** Bytes that may wait for a reader here, besides what is being written. */
  bytes: number;
  /** Milliseconds a ping may be unanswered. */
  lagMs: number;
}

/** Why a reader is given up. */
export type Eviction = 'bytes' | 'lag';

export class Backlog {
  readonly #limits: BacklogLimits;
  /** Bytes that wait until what was handed to the connection before is written. */
  #waiting = 0;
  /** Whether that was too much at the last look: a burst that is written right away is no backlog. */
  #wasOver = false;
  #pingedAt: number | undefined;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#waiting;
  }

  queued(bytes: number): void {
    this.#waiting += bytes;
  }

  /** Everything that waited was handed to the connection. */
  flushed(): void {
    this.#waiting = 0;
  }

  pinged(now: number): void {
    this.#pingedAt ??= now;
  }

  /** The ping was answered. @returns the milliseconds it took */
  answered(now: number): number | undefined {
    const lag = this.#pingedAt === undefined ? undefined : now - this.#pingedAt;
    this.#pingedAt = undefined;
    return lag;
  }

  /** To be asked at regular intervals. */
  look(now: number): Eviction | undefined {
    const isOver = this.#waiting > this.#limits.bytes;
    const stayedOver = isOver && this.#wasOver;
    this.#wasOver = isOver;
    if (stayedOver) return 'bytes';
    return this.isLagging(now) ? 'lag' : undefined;
  }

  isLagging(now: number): boolean {
    return this.#pingedAt !== undefined && now - this.#pingedAt > this.#limits.lagMs;
  }
}
