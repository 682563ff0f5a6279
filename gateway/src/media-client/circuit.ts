/**
 * Whether requests to one media server are tried at all: after several in a row that waited in vain they are refused at
 * once, so that a server that is stuck does not cost every caller the whole deadline. After a while one request is let
 * through as a trial; its outcome decides. Pure.
 */
export type Circuit =
  | { readonly state: 'closed'; readonly failures: number }
  | { readonly state: 'open'; readonly until: number; readonly openings: number }
  /** One trial is under way. */
  | { readonly state: 'half-open'; readonly since: number; readonly openings: number };

export const CLOSED: Circuit = { state: 'closed', failures: 0 };

/** So many requests in a row that waited in vain open it. */
const FAILURES = 4;
/** How long it stays open the first time, and at most when trial after trial fails; milliseconds. */
const OPEN_MS = 1_000;
const OPEN_LONGEST_MS = 10_000;
/** A trial that has not ended by then, was forgotten; milliseconds. */
const TRIAL_LIMIT_MS = 5_000;

/** Asked before each attempt. Null: it may not be made. */
export function admitted(circuit: Circuit, now: number): Circuit | null {
  switch (circuit.state) {
    case 'closed':
      return circuit;
    case 'open':
      return now >= circuit.until ? { state: 'half-open', since: now, openings: circuit.openings } : null;
    case 'half-open':
      return now >= circuit.since + TRIAL_LIMIT_MS ? { ...circuit, since: now } : null;
  }
}

/** Whether an attempt would be refused. */
export function isCutOff(circuit: Circuit, now: number): boolean {
  return admitted(circuit, now) === null;
}

/** An attempt got an answer, whatever it said. */
export function answered(): Circuit {
  return CLOSED;
}

/** An attempt waited for its answer in vain, or was a trial that failed in any way. */
export function unanswered(circuit: Circuit, now: number): Circuit {
  switch (circuit.state) {
    case 'closed':
      return circuit.failures + 1 < FAILURES
        ? { state: 'closed', failures: circuit.failures + 1 }
        : { state: 'open', until: now + OPEN_MS, openings: 1 };
    case 'half-open': {
      const openings = circuit.openings + 1;
      return {
        state: 'open',
        until: now + Math.min(OPEN_MS * 2 ** (openings - 1), OPEN_LONGEST_MS),
        openings,
      };
    }
    case 'open':
      // It began before the circuit opened, and says nothing new.
      return circuit;
  }
}
