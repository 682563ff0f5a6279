/**
 * Typed events of an entity. A listener that throws is logged and cannot keep the other listeners, or the close
 * cascade that emits, from going on.
 */
import type { Log } from '@crossfade/service/log';

type Listener<Args extends readonly unknown[]> = (...args: Args) => void;

export class Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  readonly #log: Log;
  readonly #listeners: { [Name in keyof Events]?: Listener<Events[Name]>[] } = {};

  constructor(log: Log) {
    this.#log = log;
  }

  /** Calls the listener at every such event, after those added before it. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): this {
    (this.#listeners[name] ??= []).push(listener);
    return this;
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of this.#listeners[name] ?? []) {
      try {
        listener(...args);
      } catch (error) {
        this.#log.error('a listener failed', { event: String(name), error });
      }
    }
  }
}
