/**
 * How many rooms are opened on one media server at a time: when another one is lost, all its calls come at once. Those
 * that have to wait do so in a queue with an end, and come out of it spread a little, so that several gateways do not
 * knock in step.
 */
import { setTimeout } from 'node:timers/promises';
import { CodedError } from '@crossfade/shared/errors';

/** Rooms being opened on one server at a time; each takes some 20 ms. */
const OPENING_AT_ONCE = 6;
/** Calls that wait for it. At that pace the last of them has waited for a second. */
const WAITING_AT_MOST = 200;
/** Longest pause before one that has waited, milliseconds. */
const JITTER_MS = 20;

export class Admission {
  #opening = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws CodedError `no-capacity`: too many wait already */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#opening < OPENING_AT_ONCE) this.#opening += 1;
    else await this.#wait();
    try {
      return await work();
    } finally {
      // Whoever is next takes over the place.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#opening -= 1;
    }
  }

  async #wait(): Promise<void> {
    if (this.#waiting.length >= WAITING_AT_MOST) throw new CodedError('no-capacity');
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await setTimeout(Math.random() * JITTER_MS);
  }
}
