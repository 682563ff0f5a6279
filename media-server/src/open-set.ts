/** The children of one kind that an entity has: what closes leaves by itself, also while they are gone through. */
interface Closable {
  on(event: 'closed', listener: () => void): unknown;
}

export class OpenSet<E extends Closable> implements Iterable<E> {
  readonly #open = new Set<E>();

  add(entity: E): void {
    this.#open.add(entity);
    entity.on('closed', () => {
      this.#open.delete(entity);
    });
  }

  [Symbol.iterator](): IterableIterator<E> {
    return this.#open.values();
  }
}
