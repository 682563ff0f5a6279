import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { roomIdSchema } from '@crossfade/shared/ids';
import { pageOf } from './page.ts';

const id = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,8}$/).filter((text) => roomIdSchema.safeParse(text).success);
const ids = fc.uniqueArray(id, { maxLength: 30 });

describe('pageOf', () => {
  it('shows everything exactly once, whatever the page size', () => {
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 10 }), (all, limit) => {
        const rooms = all.map((id) => ({ id }));
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = pageOf(rooms, { limit, cursor });
          seen.push(...page.items.map(({ id }) => id));
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(seen).toEqual([...all].sort());
      }),
    );
  });

  it('goes on in the right place although the last one seen is gone', () => {
    const first = pageOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }], { limit: 2 });
    const next = pageOf([{ id: 'a' }, { id: 'c' }], { limit: 2, cursor: first.nextCursor ?? '' });
    expect(next).toEqual({ items: [{ id: 'c' }], nextCursor: null });
  });

  it('refuses a cursor nobody gave out', () => {
    expect(() => pageOf([], { limit: 1, cursor: '!!' })).toThrow('cursor: must be the nextCursor of a page');
  });
});
