/** How loud who is, from what the observers of the room's routers measured; and when that is worth an event. Pure. */

/** One track that is heard: dBov from -127 (silent) to 0, as in RFC 6464. */
export interface Level {
  producerId: string;
  dbov: number;
}

/** The same by participant, as the feed tells it. */
export interface ParticipantLevel {
  participantId: string;
  dbov: number;
}

/** How many are told; who would look at more bars? */
const MOST_TOLD = 10;
/** Decibels that a level has to move to be told again; less is not seen. */
const STEP_DB = 3;

/** Those heard, loudest first, each participant once; tracks of unknown owners are left out. */
export function byParticipant(
  levels: readonly Level[],
  ownerOf: (producerId: string) => string | undefined,
): ParticipantLevel[] {
  const loudest = new Map<string, number>();
  for (const { producerId, dbov } of levels) {
    const owner = ownerOf(producerId);
    if (owner !== undefined) loudest.set(owner, Math.max(dbov, loudest.get(owner) ?? -127));
  }
  return [...loudest]
    .map(([participantId, dbov]) => ({ participantId, dbov }))
    .sort((one, other) => other.dbov - one.dbov)
    .slice(0, MOST_TOLD);
}

/** Whether others are heard, or somebody got louder or quieter by 3 dB or more. */
export function levelsWorthTelling(
  told: readonly ParticipantLevel[],
  levels: readonly ParticipantLevel[],
): boolean {
  if (told.length !== levels.length) return true;
  const before = new Map(told.map(({ participantId, dbov }) => [participantId, dbov]));
  return levels.some(({ participantId, dbov }) => {
    const earlier = before.get(participantId);
    return earlier === undefined || Math.abs(earlier - dbov) >= STEP_DB;
  });
}

/**
 * Who speaks: of those whom the routers' observers hold for the speaker, the loudest who is heard now. One router knows
 * best by itself; several know only their own people.
 * @param levels loudest first
 * @returns the producer; null when nobody is heard
 */
export function speakerAmong(
  levels: readonly Level[],
  dominant: ReadonlySet<string>,
  current: string | null,
): string | null {
  const chosen = levels.find(({ producerId }) => dominant.has(producerId));
  if (chosen) return chosen.producerId;
  const stillHeard = levels.some(({ producerId }) => producerId === current);
  return stillHeard ? current : (levels[0]?.producerId ?? null);
}
