/**
 * When dead workers are no longer replaced. Pure.
 *
 * One worker that dies is bad luck; three within a minute are a fault that a new worker meets again (a bad build, no
 * memory left, a room that kills whoever has it), and replacing them for ever would only hide it.
 */

const DEATHS_LIMIT = 3;
const DEATHS_WINDOW_MS = 60_000;

export interface Deaths {
  /** When the latest happened, milliseconds. */
  readonly at: readonly number[];
  readonly tooMany: boolean;
}

export const NO_DEATHS: Deaths = { at: [], tooMany: false };

export function afterDeath(deaths: Deaths, now: number): Deaths {
  const at = [...deaths.at, now].filter((time) => now - time < DEATHS_WINDOW_MS);
  return { at, tooMany: deaths.tooMany || at.length >= DEATHS_LIMIT };
}
