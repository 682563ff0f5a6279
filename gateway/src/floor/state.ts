/** Who may speak in a call of push-to-talk, at one moment: plain data, part of the call's state. */

/** Somebody speaks. */
export interface Grant {
  readonly participantId: string;
  readonly priority: number;
  /** When they have spoken long enough, milliseconds since 1970. */
  readonly until: number;
  /** Their connection is lost: when that costs them the floor. Null: it is not. */
  readonly lostUntil: number | null;
  /** Numbers it had before this one. Absent: none. */
  readonly formerly?: readonly number[];
}

/** Somebody waits to speak. */
export interface Waiting {
  readonly participantId: string;
  readonly priority: number;
  /** Since when, milliseconds since 1970. */
  readonly since: number;
}

export interface Floor {
  /** Grows with every grant, and with every end of one that no other follows; 0: there was none. */
  readonly fence: number;
  /** Null: nobody speaks. */
  readonly holder: Grant | null;
  /** Who is next comes first: the highest priority, and of those who waits longest. */
  readonly queue: readonly Waiting[];
  /** Users who have spoken too long, and may not ask again until then. */
  readonly barred: readonly { readonly userId: string; readonly until: number }[];
}

/** What an operator chose. */
export interface FloorLimits {
  /** Longest one may speak at a time, milliseconds: timer T2 of TS 24.380. */
  maxTalkMs: number;
  /** How long who was cut off for that may not ask again, milliseconds: timer T9 of TS 24.380. */
  retryAfterMs: number;
  /** How long a speaker whose connection is lost keeps the floor, milliseconds. */
  lostGraceMs: number;
  /** How many may wait. */
  maxQueue: number;
}

export const NEW_FLOOR: Floor = { fence: 0, holder: null, queue: [], barred: [] };

/** When something is due on the floor without anything happening; null: nothing is. */
export function floorDeadline(floor: Floor | null | undefined): number | null {
  if (!floor?.holder) return null;
  const { until, lostUntil } = floor.holder;
  return lostUntil === null ? until : Math.min(until, lostUntil);
}
