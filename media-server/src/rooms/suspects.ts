/**
 * Which rooms may have killed workers, and which of them are kept out. Pure: the time comes in.
 *
 * A worker that dies says nothing of why, and every room on it may be the reason. With one death to its name a
 * room is a suspect: it is moved, apart from the other suspects (workers/pick.ts). When a second worker dies, the rooms
 * that were on both are few, and a room with more deaths to its name than all others on that worker is taken for the
 * reason: it is quarantined, that is closed, and not opened again for a while. If several rooms have the most deaths, all
 * but one of them are innocent: none is closed, they are moved apart once more, and the next death tells more. So a
 * worker that dies twice with a hundred rooms on it costs none of them its life, and a room that kills is found after about
 * as many deaths as the hundred can be split over the workers. (Where there is one worker only nothing can be split; there
 * the limit on deaths of the whole server holds.)
 *
 * A death is forgotten after ten minutes, and of 10,000 rooms at most anything is remembered.
 */

/** Milliseconds a death counts, and a quarantine lasts. */
const MEMORY_MS = 600_000;
const REMEMBERED_ROOMS = 10_000;
/** Deaths from which a room may be quarantined. */
const QUARANTINE_DEATHS = 2;

interface Entry {
  /** Times at which a worker died that it was on. */
  readonly deaths: readonly number[];
  /** Undefined: it is not quarantined. */
  readonly quarantinedUntil?: number;
}

export class Suspects {
  /** The one heard of least recently first. */
  readonly #entries = new Map<string, Entry>();

  /**
   * A worker died with these rooms on it.
   * @returns those that are quarantined from now on: one or none
   */
  workerDied(roomIds: readonly string[], now: number): string[] {
    const counts = new Map<string, number>();
    for (const id of roomIds) {
      const deaths = [...this.#deaths(id, now), now];
      counts.set(id, deaths.length);
      this.#remember(id, { deaths });
    }
    const most = Math.max(...counts.values());
    const worst = roomIds.filter((id) => counts.get(id) === most);
    if (most < QUARANTINE_DEATHS || worst.length > 1) return [];
    for (const id of worst) this.#remember(id, { deaths: [], quarantinedUntil: now + MEMORY_MS });
    return worst;
  }

  isSuspect(roomId: string, now: number): boolean {
    return this.#entries.has(roomId) && this.#deaths(roomId, now).length > 0;
  }

  /** Milliseconds until this room may be opened again; 0: it is not quarantined. */
  quarantineLeftMs(roomId: string, now: number): number {
    return Math.max(0, (this.#entries.get(roomId)?.quarantinedUntil ?? 0) - now);
  }

  #deaths(roomId: string, now: number): number[] {
    return (this.#entries.get(roomId)?.deaths ?? []).filter((at) => now - at < MEMORY_MS);
  }

  #remember(roomId: string, entry: Entry): void {
    this.#entries.delete(roomId);
    this.#entries.set(roomId, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > REMEMBERED_ROOMS && !oldest.done) this.#entries.delete(oldest.value);
  }
}
