/** Listeners by the name of what they hear. One that throws neither keeps the others from hearing nor is passed over in silence. */

export class EventListeners<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(detail: never) => void>>();

  /** Returns how to stop that. */
  add<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A function of its own for each time: added twice it is told twice, and stopped one by one.
    const own = (detail: Events[Name]) => listener(detail);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  tell<Name extends keyof Events>(name: Name, detail: Events[Name]): void {
    const listeners = this.#listeners.get(name) as Set<(detail: Events[Name]) => void> | undefined;
    for (const listener of [...(listeners ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        // As an event target of the browser does: it becomes an uncaught error of the page.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
