/** Pages of a list that changes while it is read: in order of ids, each page after the last id of the one before. Pure. */
import { CodedError } from '@crossfade/shared/errors';
import { roomIdSchema } from '@crossfade/shared/ids';

export interface Page<Item> {
  items: Item[];
  /** Where the next page starts; null after the last. */
  nextCursor: string | null;
}

/** @throws CodedError `validation-failed` for a cursor this server did not give out */
export function pageOf<Item extends { id: string }>(
  all: Iterable<Item>,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Page<Item> {
  const after = cursor === undefined ? undefined : decode(cursor);
  const rest = [...all]
    .filter(({ id }) => after === undefined || id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last && rest.length > limit ? encode(last.id) : null };
}

function encode(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function decode(cursor: string): string {
  const id = roomIdSchema.safeParse(Buffer.from(cursor, 'base64url').toString());
  if (id.success) return id.data;
  const message = 'must be the nextCursor of a page';
  throw new CodedError('validation-failed', `cursor: ${message}`, { errors: [{ path: 'cursor', message }] });
}
