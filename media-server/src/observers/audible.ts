/**
 * Whose sound is forwarded when only so many may be: the loudest, without taking turns at every syllable. Pure.
 *
 * There are `max` places, and none stays empty while somebody could take it. Who is in a place keeps it, except towards
 * somebody who speaks outside: then goes who has been silent the longest, if for `holdMs` or more; and if all inside
 * speak, the quietest of them, if the one outside is louder by `marginDb` or more.
 */

export interface AudibleLimits {
  /** How many are forwarded. */
  max: number;
  /** Milliseconds of silence that leave a place open to others. */
  holdMs: number;
  /** Decibels by which somebody outside must be louder than somebody inside who speaks. */
  marginDb: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Those who are forwarded, with when they were heard last (milliseconds). */
export type Audible = ReadonlyMap<string, number>;

export interface Heard {
  /** Everyone there is, in the order they came. */
  producers: readonly string[];
  /** dBov (-127 to 0) of those who speak at this moment. */
  levels: ReadonlyMap<string, number>;
  now: number;
}

export function nextAudible(
  audible: Audible,
  { producers, levels, now }: Heard,
  limits: AudibleLimits,
): Audible {
  const next = new Map<string, number>();
  for (const id of producers) {
    const heardAt = audible.get(id);
    if (heardAt !== undefined) next.set(id, levels.has(id) ? now : heardAt);
  }
  const loudness = (id: string) => levels.get(id) ?? Number.NEGATIVE_INFINITY;
  const outside = producers
    .filter((id) => !next.has(id))
    .sort((one, other) => (loudness(one) === loudness(other) ? 0 : loudness(other) - loudness(one)));
  const enter = (id: string) => next.set(id, levels.has(id) ? now : NEVER);

  for (const id of outside) {
    if (next.size < limits.max) {
      enter(id);
      continue;
    }
    if (!levels.has(id)) break;
    const leaves = replaceable(next, loudness, loudness(id), now, limits);
    if (leaves === undefined) break;
    next.delete(leaves);
    enter(id);
  }
  return next;
}

/** Who makes room for somebody of this loudness; undefined: nobody. */
function replaceable(
  inside: Audible,
  loudness: (id: string) => number,
  outsider: number,
  now: number,
  { holdMs, marginDb }: AudibleLimits,
): string | undefined {
  const entries = [...inside];
  const silent = entries.filter(([, heardAt]) => now - heardAt >= holdMs);
  const longest = silent.reduce<[string, number] | undefined>(
    (first, entry) => (first === undefined || entry[1] < first[1] ? entry : first),
    undefined,
  );
  if (longest) return longest[0];
  // Who pauses for breath is not counted as quiet.
  const speaking = entries.map(([id]) => id).filter((id) => loudness(id) > Number.NEGATIVE_INFINITY);
  const quietest = speaking.reduce<string | undefined>(
    (quiet, id) => (quiet === undefined || loudness(id) < loudness(quiet) ? id : quiet),
    undefined,
  );
  return quietest !== undefined && outsider - loudness(quietest) >= marginDb ? quietest : undefined;
}
