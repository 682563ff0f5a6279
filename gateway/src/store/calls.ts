/** Live calls: one state per call, written only if nobody else wrote meanwhile. */
import type { News } from '../calls/events.ts';
import { nextDeadline, type CallState } from '../calls/state.ts';

/** A state and the version to name when it is written back. */
export interface Versioned {
  readonly state: CallState;
  readonly version: number;
}

/** What is stored of a call: its state, or the epoch that the next call of this id has to start with. */
export type Stored = Versioned | { readonly state: null; readonly version: null; readonly epoch: number };

/** What a gateway reads that has clients in the call: the call, and what they have not been told yet. */
export interface Heard {
  readonly stored: Stored;
  /** How many pieces of news there were in the call so far. */
  readonly told: number;
  /** Those that were asked for, in the order of the writes they belong to; `lost`: not all of them are there any more. */
  readonly news: readonly News[] | 'lost';
}

/** What became of a write: the new version and how many pieces of news there were then, or why there is none. */
export type Saved =
  | { readonly kind: 'saved'; readonly version: number; readonly told: number }
  /** Somebody else wrote meanwhile. */
  | { readonly kind: 'conflict' }
  /** The state is of an older epoch than one that was written before. */
  | { readonly kind: 'fenced' };

export interface CallStore {
  /** Whether several gateways share it. */
  readonly shared: boolean;
  /** @throws CodedError `call-store-unavailable`, as all of these */
  load(callId: string): Promise<Stored>;
  /**
   * Reads a call together with what clients were to hear of it.
   * @param told how many pieces of news they have heard of; null: what was before does not concern them
   */
  since(callId: string, told: number | null): Promise<Heard>;
  /**
   * Writes a state (null: removes it) if the call is still at `expected` (null: if there is none). Versions of one call
   * id only grow, and so do its epochs, also from one call of that id to the next.
   * @param news what clients are to hear of this write, stored with it
   */
  save(
    callId: string,
    expected: number | null,
    state: CallState | null,
    news?: readonly News[],
  ): Promise<Saved>;
  /** Calls of which a deadline has passed, the longest overdue first. */
  due(now: number, limit: number): Promise<string[]>;
  /**
   * Live calls in the order of their ids.
   * @param after the last id of the page before
   */
  list(after: string | undefined, limit: number): Promise<string[]>;
  /** The calls that have connected members at a gateway. */
  at(gatewayId: string): Promise<string[]>;
}

/**
 * The first epoch of a call after this one under the same id: above that of any room it asked for, so that what is
 * left to say to those rooms cannot concern the new call's.
 */
export function nextCallEpoch({ epoch, transitions }: CallState): number {
  return transitions > 0 ? epoch + 1 : epoch;
}

/** The gateways that somebody in the call is connected to. */
export function gatewaysOf({ members }: CallState): string[] {
  return [...new Set(members.flatMap(({ link }) => (link.kind === 'connected' ? [link.gatewayId] : [])))];
}

/** How long it is known, after a call, which epochs were used, milliseconds: longer than any gateway hangs. */
export const FENCE_MS = 600_000;

interface Fence {
  epoch: number;
  next: number;
  until: number | null;
}

/** In this process: for a single gateway, which needs no news of what it writes itself. */
export class MemoryCallStore implements CallStore {
  readonly shared = false;
  readonly #calls = new Map<string, Versioned>();
  /** Oldest first. */
  readonly #fences = new Map<string, Fence>();
  #versions = 0;

  load(callId: string): Promise<Stored> {
    const epoch = this.#fences.get(callId)?.next ?? 0;
    return Promise.resolve(this.#calls.get(callId) ?? { state: null, version: null, epoch });
  }

  async since(callId: string): Promise<Heard> {
    return { stored: await this.load(callId), told: 0, news: [] };
  }

  save(callId: string, expected: number | null, state: CallState | null): Promise<Saved> {
    const before = this.#calls.get(callId);
    if ((before?.version ?? null) !== expected) return Promise.resolve({ kind: 'conflict' });
    const fence = this.#fences.get(callId) ?? { epoch: 0, next: 0, until: null };
    if (state && state.epoch < fence.epoch) return Promise.resolve({ kind: 'fenced' });
    const version = ++this.#versions;
    if (state) this.#calls.set(callId, { state, version });
    else this.#calls.delete(callId);
    this.#fences.delete(callId);
    this.#fences.set(callId, {
      epoch: state?.epoch ?? fence.epoch,
      next: state ? Math.max(fence.next, nextCallEpoch(state)) : fence.next,
      until: state ? null : Date.now() + FENCE_MS,
    });
    if (!state) this.#forgetFences();
    return Promise.resolve({ kind: 'saved', version, told: 0 });
  }

  due(now: number, limit: number): Promise<string[]> {
    const overdue = [...this.#calls]
      .map(([callId, { state }]) => ({ callId, at: nextDeadline(state) }))
      .filter((call): call is { callId: string; at: number } => call.at !== null && call.at <= now)
      .sort((a, b) => a.at - b.at);
    return Promise.resolve(overdue.slice(0, limit).map(({ callId }) => callId));
  }

  list(after: string | undefined, limit: number): Promise<string[]> {
    const ids = [...this.#calls.keys()].sort().filter((callId) => after === undefined || callId > after);
    return Promise.resolve(ids.slice(0, limit));
  }

  at(gatewayId: string): Promise<string[]> {
    const there = [...this.#calls].filter(([, { state }]) => gatewaysOf(state).includes(gatewayId));
    return Promise.resolve(there.map(([callId]) => callId));
  }

  #forgetFences(): void {
    const now = Date.now();
    for (const [callId, { until }] of this.#fences) {
      if (until === null) continue;
      if (until > now) return;
      this.#fences.delete(callId);
    }
  }
}
