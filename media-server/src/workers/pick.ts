/**
 * Which worker takes a room, and when a worker has enough.
 *
 * A worker's work is forwarding: it grows with the consumers on it, so a consumer is the unit that everything is counted
 * in. A participant counts as four more: its transports cost something by themselves, and one who has just come will soon
 * receive. A room counts as twelve, a call of three with sound and picture: it has nothing when it is created but
 * will, and otherwise a burst of new rooms would all go to the same worker. Consumers are not alike (one may be a voice
 * and one a screen in 4K), so the processor time measured between two heartbeats counts too: a core that is busy all the
 * time is worth 500 consumers, about what one carries. It says nothing of the last two seconds; the counts do. The
 * sum of the four is the load. The worker with the least is taken, the first of them if several have the same.
 *
 * A room that was on a worker when it died may be why. So such rooms are kept apart from each other: they go to the
 * worker with the fewest of them, and only among those the load decides. If a second worker dies, few of the suspects
 * were on both (see rooms/suspects.ts and rooms/placement.ts).
 *
 * A worker has enough when the load of consumers and participants reaches its capacity, or when its core is busy for
 * more than 85 % of the time. Rooms do not count there: those that are there already cost only what is in them.
 */

const PARTICIPANT_LOAD = 4;
const ROOM_LOAD = 12;
const BUSY_CORE_LOAD = 500;
/** Share of a core beyond which packets begin to wait for each other. */
const FULL_CPU = 0.85;

export interface Candidate {
  rooms: number;
  /** Those whose transports are on it. */
  participants: number;
  consumers: number;
  /** Share of one core it used lately, 0 to 1. */
  cpu: number;
  /** Rooms on it that were on a worker when it died. */
  suspects: number;
}

export function loadOf({ rooms, participants, consumers, cpu }: Candidate): number {
  return consumers + participants * PARTICIPANT_LOAD + rooms * ROOM_LOAD + cpu * BUSY_CORE_LOAD;
}

/** @param capacity in consumers */
export function isFull({ participants, consumers, cpu }: Candidate, capacity: number): boolean {
  return consumers + participants * PARTICIPANT_LOAD >= capacity || cpu > FULL_CPU;
}

/**
 * @param suspect whether the room was on a worker when it died
 * @returns undefined if there is no candidate
 */
export function pick<C extends Candidate>(
  candidates: readonly C[],
  { suspect }: { suspect: boolean } = { suspect: false },
): C | undefined {
  let best: { candidate: C; suspects: number; load: number } | undefined;
  for (const candidate of candidates) {
    const suspects = suspect ? candidate.suspects : 0;
    const load = loadOf(candidate);
    if (!best || suspects < best.suspects || (suspects === best.suspects && load < best.load)) {
      best = { candidate, suspects, load };
    }
  }
  return best?.candidate;
}
