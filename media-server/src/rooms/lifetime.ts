/**
 * How long a room lives when nobody deletes it. Two things end it:
 *
 * - Its lease, if it has one. Whoever created it renews it by creating it again; when that has not happened for the time
 *   of the lease, and a grace period for whoever was only slow, the room ends, with or without people in it: nobody
 *   looks after them any more.
 * - Emptiness: nobody has had a transport in it for a while, or nobody ever came. Creating it again starts that anew as
 *   well, for whoever does so is about to use it.
 */
import type { Clock } from '../clock.ts';

export type ExpiryReason = 'lease-expired' | 'empty';

export interface LifetimeLimits {
  /** Milliseconds a room lives on after its lease. */
  leaseGraceMs: number;
  /** Milliseconds a room may be without participants. */
  emptyMs: number;
}

/** What the end of a room depends on; times are those of the clock. */
interface Life {
  readonly lease: { readonly renewedAt: number; readonly durationMs: number } | null;
  /** Null: there are participants. */
  readonly emptySince: number | null;
}

/** When the room ends if nothing happens until then, and why; undefined: never. */
export function expiryOf(
  { lease, emptySince }: Life,
  limits: LifetimeLimits,
): { at: number; reason: ExpiryReason } | undefined {
  const leaseEnd = lease ? lease.renewedAt + lease.durationMs + limits.leaseGraceMs : Infinity;
  const emptyEnd = emptySince === null ? Infinity : emptySince + limits.emptyMs;
  if (leaseEnd === Infinity && emptyEnd === Infinity) return undefined;
  return leaseEnd <= emptyEnd ? { at: leaseEnd, reason: 'lease-expired' } : { at: emptyEnd, reason: 'empty' };
}

export interface LifetimeOptions extends LifetimeLimits {
  clock: Clock;
  /** Called once, unless it was stopped before. */
  onExpired: (reason: ExpiryReason) => void;
}

/** The clock of one room, which is empty at first; stopped when the room is closed. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  #life: Life;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;

  /** @param leaseS undefined: there is no lease */
  constructor(leaseS: number | undefined, options: LifetimeOptions) {
    this.#options = options;
    const now = options.clock.now();
    this.#life = { lease: leaseOf(leaseS, now), emptySince: now };
    this.#wait();
  }

  /**
   * The room was created again.
   * @param leaseS undefined: the lease it had, if any, starts anew
   */
  renew(leaseS: number | undefined): void {
    const now = this.#options.clock.now();
    const { lease, emptySince } = this.#life;
    this.#set({
      lease: leaseOf(leaseS, now) ?? (lease && { ...lease, renewedAt: now }),
      emptySince: emptySince === null ? null : now,
    });
  }

  /** Somebody is in the room. */
  occupied(): void {
    this.#set({ ...this.#life, emptySince: null });
  }

  /** Nobody is in the room any more. */
  emptied(): void {
    this.#set({ ...this.#life, emptySince: this.#options.clock.now() });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #set(life: Life): void {
    this.#life = life;
    this.#wait();
  }

  #wait(): void {
    this.#cancelTimer();
    if (this.#stopped) return;
    const expiry = expiryOf(this.#life, this.#options);
    if (!expiry) return;
    const { clock, onExpired } = this.#options;
    this.#cancelTimer = clock.after(Math.max(0, expiry.at - clock.now()), () => {
      this.stop();
      onExpired(expiry.reason);
    });
  }
}

function leaseOf(leaseS: number | undefined, now: number): Life['lease'] {
  return leaseS === undefined ? null : { renewedAt: now, durationMs: leaseS * 1_000 };
}
