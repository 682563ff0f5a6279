import type { Floor } from '@crossfade/client/call';

/** Pause before the floor is given back once more when that failed, milliseconds. */
const AGAIN_AFTER_MS = 1_000;

/**
 * Asks for the floor while a button is held, and gives it back: one request after the other, so that none overtakes
 * another, and what is wanted last counts. Giving it back is tried until it works: nobody goes on speaking unawares.
 */
export class FloorWish {
  readonly #floor: Pick<Floor, 'request' | 'release'>;
  readonly #failed: (error: unknown) => void;
  #wanted = false;
  /** What was asked for last. */
  #asked = false;
  #busy = false;
  #closed = false;

  /** @param failed told when the floor could not be asked for */
  constructor(floor: Pick<Floor, 'request' | 'release'>, failed: (error: unknown) => void) {
    this.#floor = floor;
    this.#failed = failed;
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
    void this.#follow();
  }

  /** One speaks or waits, as the gateway says: if nobody wants that, it is given back. */
  standing(): void {
    if (this.#wanted || this.#busy) return;
    this.#asked = true;
    void this.#follow();
  }

  /** Gives the floor back if need be, and does no more. */
  close(): void {
    this.want(false);
    this.#closed = true;
  }

  async #follow(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#asked !== this.#wanted) {
      const asked = this.#wanted;
      this.#asked = asked;
      try {
        await (asked ? this.#floor.request() : this.#floor.release());
      } catch (error) {
        if (asked) this.#failed(error);
        else if (!this.#closed) {
          await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
          this.#asked = true;
        }
      }
    }
    this.#busy = false;
  }
}
