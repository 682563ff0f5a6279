/** What is said in a call, as lines of text. The reducer is pure; `Captions` keeps its state for the session. */
import type { ServerEvent } from '@crossfade/shared/signalling';

/** A stretch of what somebody says: immutable, a new object on every change. */
export interface CaptionLine {
  /** The same from the first guess to the final text. */
  readonly id: number;
  readonly participantId: string;
  /** As it was when the line began; empty: not known. */
  readonly displayName: string;
  readonly text: string;
  /** False: still being said, and guessed at. */
  readonly final: boolean;
  /** Language tag (BCP 47); null: not known. */
  readonly language: string | null;
  /** When it changed last, milliseconds on the page's monotonic clock (`performance.now()`). */
  readonly changedAt: number;
}

export interface Said extends Pick<
  ServerEvent<'call:transcription'>,
  'participantId' | 'text' | 'final' | 'startMs' | 'language'
> {
  readonly displayName: string;
  readonly at: number;
}

interface Line extends CaptionLine {
  readonly startMs: number;
}

export interface CaptionState {
  /** In the order in which they began; at most one per participant is not final. */
  readonly lines: readonly Line[];
  readonly lastId: number;
}

/** So many lines are kept. */
const KEPT = 100;

export const NO_CAPTIONS: CaptionState = { lines: [], lastId: 0 };

/** A guess replaces the guess before of the same participant, and the final text the last one. */
export function heard(state: CaptionState, said: Said): CaptionState {
  const { participantId, startMs, final, language, at } = said;
  const text = said.text.trim();
  const last = state.lines.findLast((line) => line.participantId === participantId);
  // A guess that was overtaken by what it guessed at, or the same final text again.
  if (last?.final === true && last.startMs === startMs) return state;
  const open = last?.final === false ? last : undefined;
  if (text === '') {
    // There was nothing after all.
    return open && final ? { ...state, lines: state.lines.filter((line) => line !== open) } : state;
  }
  if (open) {
    const line: Line = { ...open, text, final, language, startMs, changedAt: at };
    return { ...state, lines: state.lines.map((each) => (each === open ? line : each)) };
  }
  const id = state.lastId + 1;
  const { displayName } = said;
  const line: Line = { id, participantId, displayName, text, final, language, startMs, changedAt: at };
  return { lines: [...state.lines, line].slice(-KEPT), lastId: id };
}

/** Owned by the session. */
export class Captions {
  readonly #listeners = new Set<() => void>();
  readonly #nameOf: (participantId: string) => string;
  #state = NO_CAPTIONS;

  constructor(nameOf: (participantId: string) => string) {
    this.#nameOf = nameOf;
  }

  get lines(): readonly CaptionLine[] {
    return this.#state.lines;
  }

  /** Calls the listener whenever there are other lines. Returns how to stop that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  received(event: ServerEvent<'call:transcription'>): void {
    const displayName = this.#nameOf(event.participantId);
    const after = heard(this.#state, { ...event, displayName, at: performance.now() });
    if (after === this.#state) return;
    this.#state = after;
    for (const listener of this.#listeners) listener();
  }
}
