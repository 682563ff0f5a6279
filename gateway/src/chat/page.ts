/** One page of a call's messages, out of the recent ones and the recorded ones. Pure. */
import type { Place } from '../store/cursor.ts';
import type { StoredMessage } from '../store/records.ts';

/** Newest first: by time, then by id. */
export function newestFirst(a: StoredMessage, b: StoredMessage): number {
  if (a.at !== b.at) return b.at - a.at;
  return a.messageId < b.messageId ? 1 : -1;
}

export function isBefore({ at, messageId }: StoredMessage, place: Place | null): boolean {
  if (!place) return true;
  const time = place.at.getTime();
  return at < time || (at === time && messageId < place.id);
}

export interface Page {
  /** Oldest first. */
  readonly messages: readonly StoredMessage[];
  /** Where the page of older ones ends; null: there are none. */
  readonly next: Place | null;
}

/**
 * The newest messages before a place.
 * @param recorded of the records, the newest before that place, one more than `limit` of them if there are so many
 * @param more whether there may be older ones than these
 */
export function pageOf(
  recent: readonly StoredMessage[],
  recorded: readonly StoredMessage[],
  before: Place | null,
  limit: number,
  more = false,
): Page {
  const distinct = new Map(
    [...recorded, ...recent.filter((message) => isBefore(message, before))].map((message) => [
      message.messageId,
      message,
    ]),
  );
  const sorted = [...distinct.values()].sort(newestFirst);
  const page = sorted.slice(0, limit);
  const oldest = page.at(-1);
  const goesOn = sorted.length > limit || more;
  return {
    messages: page.reverse(),
    next: goesOn && oldest ? { at: new Date(oldest.at), id: oldest.messageId } : null,
  };
}
