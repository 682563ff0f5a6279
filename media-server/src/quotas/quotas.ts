/**
 * Watches over the quotas: counts what is being made as well as what is there, so that requests sent at once get no more
 * than those sent one after the other. Stateless but for what is under way and the rate of new rooms.
 */
import { CodedError } from '@crossfade/shared/errors';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { mustHaveRoomFor, mustTakeRooms, type Owned, type OwnedKind, type QuotaLimits } from './limits.ts';

/** A room, as far as quotas are concerned. */
export interface Holder {
  /** What this participant has here, without what is being made. */
  owned(participantId: string): Owned;
}

export class Quotas {
  readonly limits: QuotaLimits;
  /** What is being made, by room; and there by kind and participant. */
  readonly #making = new WeakMap<Holder, Map<string, number>>();
  readonly #newRooms: RateLimiterMemory;
  #makingRooms = 0;

  constructor(limits: QuotaLimits) {
    this.limits = limits;
    this.#newRooms = new RateLimiterMemory({ points: limits.roomsPerSecond, duration: 1 });
  }

  /**
   * Makes something for a participant, if it may have one more.
   * @throws CodedError `quota-exceeded`; what `make` throws
   */
  async within<T>(
    kind: OwnedKind,
    { room, participantId }: { room: Holder; participantId: string },
    make: () => Promise<T>,
  ): Promise<T> {
    const making = this.#making.get(room) ?? new Map<string, number>();
    this.#making.set(room, making);
    const key = `${kind} ${participantId}`;
    const underWay = making.get(key) ?? 0;
    mustHaveRoomFor(kind, room.owned(participantId)[kind] + underWay, this.limits);
    making.set(key, underWay + 1);
    try {
      return await make();
    } finally {
      const left = (making.get(key) ?? 1) - 1;
      if (left === 0) making.delete(key);
      else making.set(key, left);
    }
  }

  /**
   * Makes a room for a service, if there may be one more, and one more in this second.
   * @param has how many rooms there are
   * @throws CodedError `quota-exceeded`, `rate-limited`; what `make` throws
   */
  async withinRooms<T>(subject: string, has: number, make: () => Promise<T>): Promise<T> {
    mustTakeRooms(has + this.#makingRooms, this.limits);
    this.#makingRooms += 1;
    try {
      await this.#countRoom(subject);
      return await make();
    } finally {
      this.#makingRooms -= 1;
    }
  }

  async #countRoom(subject: string): Promise<void> {
    try {
      await this.#newRooms.consume(subject);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new CodedError(
        'rate-limited',
        `${String(this.limits.roomsPerSecond)} new rooms a second are the most.`,
        { retryAfterS: refused.msBeforeNext / 1_000 },
      );
    }
  }
}
