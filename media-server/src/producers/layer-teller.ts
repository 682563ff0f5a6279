/**
 * Tells the sender of one producer which of its sizes are wanted, as its receivers change their minds. Made and stopped by
 * the producer.
 */
import { follow, wantedLayer, type LayerDemand, type LayerWish } from './wanted-layers.ts';

export interface LayerTellerOptions {
  /** The largest size there is, 0 the smallest. */
  largest: number;
  /** Milliseconds for which less has to be wanted before that is told. */
  delayMs: number;
  /** The wishes of those who receive it now. */
  wishes: () => Iterable<LayerWish>;
  tell: (layer: number) => void;
}

export class LayerTeller {
  readonly #options: LayerTellerOptions;
  #demand: LayerDemand;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: LayerTellerOptions) {
    this.#options = options;
    // Who has just begun sends everything.
    this.#demand = { told: options.largest, lower: null };
  }

  /** The largest size that somebody wants, as last told. */
  get told(): number {
    return this.#demand.told;
  }

  /** Somebody's wish may have changed. */
  review(): void {
    if (this.#stopped) return;
    const { largest, delayMs, wishes, tell } = this.#options;
    const before = this.#demand;
    const now = performance.now();
    this.#demand = follow(before, wantedLayer(largest, wishes()), { now, delayMs });
    const { told, lower } = this.#demand;
    if (lower?.at !== before.lower?.at) this.#lookAgainIn(lower && lower.at - now);
    // A timer may be a millisecond early.
    else if (lower && !this.#timer) this.#lookAgainIn(lower.at - now);
    if (told !== before.told) tell(told);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookAgainIn(ms: number | null): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms === null) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.review();
    }, Math.ceil(ms));
    this.#timer.unref();
  }
}
