/** Live calls: one state per call, written only if nobody else wrote meanwhile. */
import type { CallState } from '../calls/state.ts';

/** A state and the version to name when it is written back. */
export interface Versioned {
  readonly state: CallState;
  readonly version: number;
}

export interface CallStore {
  load(callId: string): Promise<Versioned | null>;
  /**
   * Writes a state (null: removes it) if the call is still at `expected` (null: if there is none).
   * @returns whether it was written
   */
  save(callId: string, expected: number | null, state: CallState | null): Promise<boolean>;
  /** The ids of all live calls. */
  list(): Promise<string[]>;
}

/** In this process: for a single gateway. */
export class MemoryCallStore implements CallStore {
  readonly #calls = new Map<string, Versioned>();
  #versions = 0;

  load(callId: string): Promise<Versioned | null> {
    return Promise.resolve(this.#calls.get(callId) ?? null);
  }

  save(callId: string, expected: number | null, state: CallState | null): Promise<boolean> {
    if ((this.#calls.get(callId)?.version ?? null) !== expected) return Promise.resolve(false);
    if (state) this.#calls.set(callId, { state, version: ++this.#versions });
    else this.#calls.delete(callId);
    return Promise.resolve(true);
  }

  list(): Promise<string[]> {
    return Promise.resolve([...this.#calls.keys()]);
  }
}
