/** How much of everything each participant of one room has: kept as it comes and goes, for quotas ask with every request. */
import { OWNED_KINDS, type Owned, type OwnedKind } from '../quotas/limits.ts';

type Holding = Record<OwnedKind, number>;

const NOTHING: Owned = { transports: 0, producers: 0, consumers: 0, dataProducers: 0, dataConsumers: 0 };

export class Holdings {
  /** Only of those who have anything. */
  readonly #holdings = new Map<string, Holding>();

  /** What this participant has at the moment. */
  of(participantId: string): Owned {
    return { ...(this.#holdings.get(participantId) ?? NOTHING) };
  }

  /** The participant has one more. */
  add(kind: OwnedKind, participantId: string): void {
    const holding = this.#holdings.get(participantId) ?? { ...NOTHING };
    this.#holdings.set(participantId, holding);
    holding[kind] += 1;
  }

  /** The participant has one less. */
  remove(kind: OwnedKind, participantId: string): void {
    const holding = this.#holdings.get(participantId);
    if (!holding) return;
    holding[kind] -= 1;
    if (OWNED_KINDS.every((one) => holding[one] === 0)) this.#holdings.delete(participantId);
  }
}
