/**
 * Which calls leave a media server that drains, and when. Pure.
 *
 * The server itself tells the rooms it still has to go only three seconds before it closes them, all at once. A call that
 * goes before disturbs nobody, so they go one after the other as soon as the drain is known, spread over the time there
 * is: the other servers take few at a time, and their load shows before the next ones come.
 *
 * The largest go first. They are the hardest to place, and other servers have most room at the beginning; and if time
 * runs out, those that are left for the last moment are small, quick to move and concern few people.
 *
 * A call for which no other server has room stays until the server's own notice: here it runs, and somebody may hang up
 * elsewhere meanwhile.
 */

/** The time before the server closes rooms that is left for its own notice, and for a second attempt; milliseconds. */
const SPARE_MS = 5_000;
/** A drain does not take longer than this, however late its deadline, milliseconds: who drains a server waits for it. */
const LONGEST_MS = 300_000;
/** Not more than one call in so many milliseconds: a media server makes 50 rooms a second for one gateway. */
const INTERVAL_MS = 25;

/** A room that is to be left. */
export interface Occupied {
  readonly callId: string;
  readonly epoch: number;
  /** How many producers are in it. */
  readonly producers: number;
}

/** A drain under way, as far as this gateway's calls are concerned. */
export interface Evacuation {
  readonly since: number;
  /** When the last call was told, or would have been. */
  readonly lastAt: number;
  /** The rooms whose calls have been told. */
  readonly told: ReadonlySet<string>;
}

export interface Situation {
  /** When the server closes what is left, milliseconds; null: it does not drain, or not any more. */
  readonly closesAt: number | null;
  readonly rooms: readonly Occupied[];
  /** How many more calls other servers would take. */
  readonly headroom: number;
}

export function evacuate(
  before: Evacuation | null,
  { closesAt, rooms, headroom }: Situation,
  now: number,
): { after: Evacuation | null; leave: readonly Occupied[] } {
  if (closesAt === null) return { after: null, leave: [] };
  const { since, lastAt, told } = before ?? { since: now, lastAt: now, told: new Set<string>() };
  const left = rooms.filter((room) => !told.has(keyOf(room))).sort(largestFirst);
  if (left.length === 0 || headroom <= 0) return { after: { since, lastAt: now, told }, leave: [] };
  const end = Math.min(closesAt - SPARE_MS, since + LONGEST_MS);
  const interval = Math.max(INTERVAL_MS, (end - lastAt) / left.length);
  const due = Math.floor((now - lastAt) / interval);
  const leave = left.slice(0, Math.min(due, headroom));
  return {
    // Those that are due and have to wait for room do not all go at once when there is some.
    after: { since, lastAt: lastAt + due * interval, told: new Set([...told, ...leave.map(keyOf)]) },
    leave,
  };
}

function largestFirst(a: Occupied, b: Occupied): number {
  return b.producers - a.producers || (a.callId < b.callId ? -1 : 1);
}

function keyOf({ callId, epoch }: Occupied): string {
  return `${callId} ${String(epoch)}`;
}
