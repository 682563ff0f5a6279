/**
 * Brings one consumer on the media server in line with what is wanted of it: paused or not, in which size, how urgent. Wishes
 * come at any moment; one request is under way at a time, and the newest wish counts. Owned and closed by its path.
 */
import { CodedError } from '@crossfade/shared/errors';
import type { Request } from './signalling.ts';
import {
  fittingLayer,
  pictureSizes,
  PRIORITY,
  type Relief,
  type VideoWish,
  type View,
} from './video-wish.ts';

export interface ConsumerOptions {
  callId: string;
  epoch: number;
  consumerId: string;
  request: Request;
  /** In how many sizes it comes. */
  layers: number;
  /** What is wanted of it now; sound is always wanted. */
  wish: () => VideoWish;
  /** Whether it is to flow yet: how is settled ahead, so that then it has only to be resumed. */
  flows: () => boolean;
  relief: () => Relief;
  /** The size of what is being decoded; null: not known. */
  decodedSize: () => View | null;
  /** The media server has taken something of it. */
  changed: () => void;
  /** It cannot be received. */
  failed: (error: unknown) => void;
}

/** Pause before a request is repeated that failed for the moment, milliseconds. */
const RETRY_MS = 500;
/** How long after another size was sent it is surely what is decoded, milliseconds. */
const DECODED_AFTER_MS = 2_000;

type Step =
  { kind: 'pause' } | { kind: 'resume' } | { kind: 'choose'; spatialLayer: number; priority: number };

export class ConsumerControl {
  readonly #options: ConsumerOptions;
  /** Consumers start paused, so that no key frame is spent before the browser can decode it. */
  #paused = true;
  /** As the media server has them. */
  #layer: number;
  #priority: number = PRIORITY.others;
  /** What was chosen last, by size alone. */
  #chosen: number | null = null;
  #seen: { layer: number; size: View } | null = null;
  #learning: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #settled: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#layer = options.layers - 1;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The largest size that was asked for, 0 being the smallest. */
  get layer(): number {
    return this.#layer;
  }

  /** A wish may be another. Resolves when the newest has been brought about, or cannot be. */
  settle(): Promise<void> {
    if (!this.#busy) this.#settled = this.#settleAll();
    return this.#settled;
  }

  /** The media server sends another size; null: nothing. */
  layerChanged(layer: number | null): void {
    clearTimeout(this.#learning);
    if (layer === null || this.#options.layers === 1) return;
    this.#learning = setTimeout(() => {
      const size = this.#options.decodedSize();
      if (!size || this.#paused) return;
      this.#seen = { layer, size };
      void this.settle();
    }, DECODED_AFTER_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#learning);
  }

  async #settleAll(): Promise<void> {
    this.#busy = true;
    try {
      for (let step = this.#nextStep(); step !== null && !this.#closed; step = this.#nextStep()) {
        if (!(await this.#take(step))) return;
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Size and priority come before it flows, or the sender would be asked for a size that nobody wants. */
  #nextStep(): Step | null {
    const { wish, flows, relief, layers } = this.#options;
    const wanted = wish();
    if (wanted.kind === 'nothing') return this.#paused ? null : { kind: 'pause' };
    this.#chosen = fittingLayer(wanted.view, pictureSizes(layers, this.#seen), this.#chosen);
    const spatialLayer = Math.max(0, this.#chosen - relief());
    const { priority } = wanted;
    if (spatialLayer !== this.#layer || priority !== this.#priority) {
      return { kind: 'choose', spatialLayer, priority };
    }
    return this.#paused && flows() ? { kind: 'resume' } : null;
  }

  /** @returns whether to go on */
  async #take(step: Step): Promise<boolean> {
    try {
      await this.#ask(step);
    } catch (error) {
      // It, or its producer, went away while this was under way: an event tells.
      if (this.#closed || (error instanceof CodedError && error.code === 'consumer-not-found')) return false;
      if (error instanceof CodedError && error.retryable) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        return true;
      }
      if (step.kind === 'resume') {
        this.#options.failed(error);
        return false;
      }
      // What comes in another size than wanted, or though it is not wanted, still comes.
    }
    if (step.kind === 'choose') {
      this.#layer = step.spatialLayer;
      this.#priority = step.priority;
    } else this.#paused = step.kind === 'pause';
    this.#options.changed();
    return true;
  }

  async #ask(step: Step): Promise<void> {
    const { callId, epoch, consumerId, request, layers } = this.#options;
    const consumer = { callId, epoch, consumerId };
    if (step.kind === 'choose') {
      const { spatialLayer, priority } = step;
      const preferredLayers = { spatialLayer };
      await request('media:set-layers', { ...consumer, priority, ...(layers > 1 && { preferredLayers }) });
    } else await request(step.kind === 'pause' ? 'media:pause-consumer' : 'media:resume-consumer', consumer);
  }
}
