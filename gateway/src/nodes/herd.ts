/**
 * Tells the calls of a media server that they have to leave it: the first of them at once, the others one after the
 * other at the pace at which other servers take rooms. Told all at once, the last of a hundred would spend the time
 * they have for their move in the queue.
 */

/** Told without a pause. */
const AT_ONCE = 10;
/** Then one in so many milliseconds: a media server makes 50 rooms a second for one gateway. */
const INTERVAL_MS = 25;

export class Herd {
  readonly #waiting = new Map<string, () => void>();
  #allowance = AT_ONCE;
  #timer: NodeJS.Timeout | undefined;

  /** @param key of what is told: what is told later takes the place of what waits under the same key */
  add(key: string, tell: () => void): void {
    this.#waiting.set(key, tell);
    this.#run();
  }

  remove(key: string): void {
    this.#waiting.delete(key);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#waiting.clear();
  }

  #run(): void {
    this.#timer ??= setInterval(() => {
      this.#allowance = Math.min(AT_ONCE, this.#allowance + 1);
      this.#tell();
      if (this.#allowance < AT_ONCE) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    }, INTERVAL_MS);
    this.#timer.unref();
    this.#tell();
  }

  #tell(): void {
    for (const [key, tell] of this.#waiting) {
      if (this.#allowance <= 0) return;
      this.#allowance -= 1;
      this.#waiting.delete(key);
      tell();
    }
  }
}
