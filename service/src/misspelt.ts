/** Names in the environment that are nearly those of settings: a misspelt setting is not read, and nothing else would tell. Pure. */
import type { z } from 'zod';

/** Shorter names are near to too many others. */
const MIN_LENGTH = 8;
/** Letters that are wrong, missing or too many. */
const MAX_DISTANCE = 2;
const SAME_START = 3;

export interface Misspelt {
  name: string;
  meant: string;
}

/** @param schema of the settings that a service reads */
export function misspeltSettings(
  schema: z.ZodObject,
  environment: Readonly<Record<string, string | undefined>>,
): Misspelt[] {
  const known = Object.keys(schema.shape);
  return Object.keys(environment)
    .filter((name) => name.length >= MIN_LENGTH && !known.includes(name))
    .flatMap((name) => {
      const meant = known.find((setting) => isNear(name, setting));
      return meant === undefined ? [] : [{ name, meant }];
    });
}

function isNear(name: string, setting: string): boolean {
  return (
    setting.length >= MIN_LENGTH &&
    name.slice(0, SAME_START) === setting.slice(0, SAME_START) &&
    Math.abs(name.length - setting.length) <= MAX_DISTANCE &&
    distance(name, setting) <= MAX_DISTANCE
  );
}

/** Levenshtein's: how many letters have to be changed, left out or put in. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 0; at < one.length; at += 1) {
    const next = [at + 1];
    for (let index = 0; index < other.length; index += 1) {
      const changed = (row[index] ?? 0) + (one[at] === other[index] ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
