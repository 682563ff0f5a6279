/** The open entities of one kind in a room, by id. What closes leaves by itself. */
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';

interface Entity {
  readonly id: string;
  /** Whose it is. */
  readonly participantId: string;
  on(event: 'closed', listener: () => void): unknown;
}

export interface RegistryOptions {
  /** What whoever asks for something that is not here is told. */
  notFound: ErrorCode;
  onAdded: (participantId: string) => void;
  onRemoved: (participantId: string) => void;
}

export class Registry<E extends Entity> implements Iterable<E> {
  readonly #options: RegistryOptions;
  readonly #entities = new Map<string, E>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entities.size;
  }

  [Symbol.iterator](): Iterator<E> {
    return this.#entities.values();
  }

  /** To be called before anyone else listens to its end: who hears of that finds it gone. */
  add(entity: E): void {
    const { id, participantId } = entity;
    const { onAdded, onRemoved } = this.#options;
    this.#entities.set(id, entity);
    onAdded(participantId);
    entity.on('closed', () => {
      this.#entities.delete(id);
      onRemoved(participantId);
    });
  }

  /** @param owner if given, what is anyone else's does not exist. @throws CodedError */
  find(id: string, owner?: string): E {
    const entity = this.#entities.get(id);
    if (!entity || (owner !== undefined && entity.participantId !== owner)) {
      throw new CodedError(this.#options.notFound);
    }
    return entity;
  }
}
