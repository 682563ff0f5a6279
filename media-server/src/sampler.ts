/**
 * Tells the newest of values that change often: not more often than once per interval, and only what differs enough
 * from what was told last. Created and stopped by whom the values belong to.
 */

export interface SamplerOptions<T> {
  /** Milliseconds between two values told, at least. */
  intervalMs: number;
  /** Milliseconds from the first of some changes until the newest is told: lets what settles by itself pass untold. */
  delayMs?: number;
  /** What listeners take for granted before they are told anything. */
  initial: T;
  /** Whether a value differs enough from the one told last. */
  worthTelling: (told: T, value: T) => boolean;
  tell: (value: T) => void;
}

export class Sampler<T> {
  readonly #options: SamplerOptions<T>;
  #told: T;
  #newest: T;
  #toldAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: SamplerOptions<T>) {
    this.#options = options;
    this.#told = options.initial;
    this.#newest = options.initial;
  }

  offer(value: T): void {
    this.#newest = value;
    if (this.#stopped || this.#timer || !this.#options.worthTelling(this.#told, value)) return;
    const { intervalMs, delayMs = 0 } = this.#options;
    const waitMs = Math.max(delayMs, this.#toldAt + intervalMs - performance.now());
    if (waitMs <= 0) this.#tell();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#options.worthTelling(this.#told, this.#newest)) this.#tell();
      }, waitMs);
      this.#timer.unref();
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tell(): void {
    this.#told = this.#newest;
    this.#toldAt = performance.now();
    this.#options.tell(this.#told);
  }
}
