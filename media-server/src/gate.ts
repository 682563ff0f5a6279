/**
 * A stream that flows while nobody holds it. Several may hold it at once, each on its own account, and none can undo
 * what another wants: it flows again when the last one lets go. The worker carries requests out in the order they were
 * made, so the last answer is the last wish.
 */
import { inSpan } from '@crossfade/service/tracing';
import { ask } from './workers/ask.ts';

interface Stream {
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export class Gate<Holder extends string> {
  readonly #stream: Stream;
  /** Who wants it held, from the moment it was asked. */
  readonly #wanted: Set<Holder>;
  /** Who holds it, as far as the worker has answered. */
  readonly #held: Set<Holder>;

  /** @param holders those who held the stream when it was made */
  constructor(stream: Stream, holders: readonly Holder[]) {
    this.#stream = stream;
    this.#wanted = new Set(holders);
    this.#held = new Set(holders);
  }

  /** Whether it is held by this one. */
  heldBy(holder: Holder): boolean {
    return this.#held.has(holder);
  }

  /** Whether this one wants it held, answered or not. */
  wantedBy(holder: Holder): boolean {
    return this.#wanted.has(holder);
  }

  /** Resolves, once the worker has answered, with whether this changed what this one holds. @throws CodedError */
  async hold(holder: Holder): Promise<boolean> {
    this.#wanted.add(holder);
    await ask(inSpan('worker pause', () => this.#stream.pause()));
    const changed = !this.#held.has(holder);
    this.#held.add(holder);
    return changed;
  }

  /** Resolves, once the worker has answered, with whether this changed what this one holds. @throws CodedError */
  async release(holder: Holder): Promise<boolean> {
    this.#wanted.delete(holder);
    await ask(
      this.#wanted.size === 0
        ? inSpan('worker resume', () => this.#stream.resume())
        : inSpan('worker pause', () => this.#stream.pause()),
    );
    return this.#held.delete(holder);
  }
}
