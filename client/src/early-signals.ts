/** Signals that came before the announcement of the path they belong to: kept until it comes. Owned by the crossfade. */
import type { SignalEvent } from '@crossfade/shared/signalling';

/** Enough for the offers and candidates of a mesh; more is somebody's mistake. */
const MOST = 200;

export class EarlySignals {
  #signals: SignalEvent[] = [];

  keep(signal: SignalEvent): void {
    this.#signals = [...this.#signals, signal].slice(-MOST);
  }

  /** Takes out, in order, those that belong to this path; those of older epochs are dropped for good. */
  take(epoch: number, transitionId: string | undefined): SignalEvent[] {
    const belongs = (signal: SignalEvent) => signal.epoch === epoch && signal.transitionId === transitionId;
    const taken = this.#signals.filter(belongs);
    this.#signals = this.#signals.filter((signal) => signal.epoch >= epoch && !belongs(signal));
    return taken;
  }
}
