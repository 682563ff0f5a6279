/**
 * Who is in one room: everyone with a transport that is there or being made. Kept as they come and go, for it is asked
 * with every new transport.
 */
import { Emitter } from '../emitter.ts';

interface OccupancyEvents {
  /** The first participant came. */
  occupied: [];
  /** The last participant went. */
  emptied: [];
  /** Nothing of this participant is here any more. */
  departed: [participantId: string];
}

export class Occupancy extends Emitter<OccupancyEvents> {
  /** How much of each participant is here. */
  readonly #present = new Map<string, number>();

  /** How many participants there are. */
  get count(): number {
    return this.#present.size;
  }

  has(participantId: string): boolean {
    return this.#present.has(participantId);
  }

  /** Something of this participant is here until the function it returns is called; that twice does no harm. */
  enter(participantId: string): () => void {
    const wasEmpty = this.#present.size === 0;
    this.#present.set(participantId, (this.#present.get(participantId) ?? 0) + 1);
    if (wasEmpty) this.emit('occupied');
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.#left(participantId);
    };
  }

  #left(participantId: string): void {
    const rest = (this.#present.get(participantId) ?? 0) - 1;
    if (rest > 0) {
      this.#present.set(participantId, rest);
      return;
    }
    this.#present.delete(participantId);
    if (this.#present.size === 0) this.emit('emptied');
    this.emit('departed', participantId);
  }
}
