import { describe, expect, test } from '@jest/globals';
import type { LocalParticipant, RemoteParticipant } from '@crossfade/client/call';
import fc from 'fast-check';
import { arrange } from './arrangement.ts';
import { tilesOf } from './stage-tiles.ts';

const local = { displayName: 'Me', stream: {} } as LocalParticipant;
const laptop = { width: 1_256, height: 580 };
const phone = { width: 344, height: 508 };

/** @param sharing which of them share a screen */
function tiles(others: number, sharing: readonly number[] = []) {
  const remotes = Array.from({ length: others }, (_, index) => {
    const screen = sharing.includes(index) ? ({} as MediaStream) : null;
    return {
      participantId: `p${String(index)}`,
      displayName: 'Ann',
      stream: {},
      screen,
    } as unknown as RemoteParticipant;
  });
  return tilesOf(
    local,
    remotes,
    remotes.map(({ participantId }) => participantId),
  );
}
const idsOf = ({ placed }: ReturnType<typeof arrange>) => placed.map(({ tile }) => tile.id);

describe('who is seen where', () => {
  test('two see each other large; three are alike, oneself last', () => {
    expect(arrange(laptop, tiles(1), null, 0).placed.map(({ role }) => role)).toEqual(['equal', 'corner']);
    expect(arrange(laptop, tiles(0), null, 0).placed.map(({ role }) => role)).toEqual(['equal']);
    expect(idsOf(arrange(laptop, tiles(2), null, 0))).toEqual(['p0', 'p1', 'own']);
  });

  test('seventeen need two pages on a laptop, oneself being on the first', () => {
    const first = arrange(laptop, tiles(16), null, 0);
    expect(first).toMatchObject({ pages: 2, page: 0, front: 8 });
    expect(idsOf(first)).toHaveLength(9);
    expect(idsOf(first).at(-1)).toBe('own');
    expect(idsOf(arrange(laptop, tiles(16), null, 1))).not.toContain('own');
    expect(arrange(laptop, tiles(15), null, 0).pages).toBe(1);
    expect(arrange(phone, tiles(6), null, 7)).toMatchObject({ pages: 2, page: 1 });
  });

  test('one in the spotlight, the others in a strip; screens before people', () => {
    const shared = arrange(laptop, tiles(4, [2]), 'screen p2', 0);
    expect(shared.placed[0]).toMatchObject({
      role: 'large',
      tile: { source: 'screen', name: 'Ann (3)’s screen' },
    });
    expect(shared.placed.slice(1).every(({ role }) => role === 'strip')).toBe(true);
    expect(idsOf(arrange(laptop, tiles(2, [1]), null, 0))).toEqual(['screen p1', 'p0', 'p1', 'own']);
  });

  test('every tile is on some page, and only what is large on several', () => {
    const side = fc.integer({ min: 200, max: 2_000 });
    fc.assert(
      fc.property(side, side, fc.nat(49), fc.boolean(), (width, height, others, large) => {
        const all = tiles(others, [0]);
        const spotlight = large && others > 1 ? 'p1' : null;
        const { pages } = arrange({ width, height }, all, spotlight, 0);
        const seen = Array.from({ length: pages }, (_, page) =>
          idsOf(arrange({ width, height }, all, spotlight, page)).filter(
            (id, index) => id !== spotlight || index > 0 || page === 0,
          ),
        ).flat();
        expect(seen.sort()).toEqual([...all.screens, ...all.people, all.self].map(({ id }) => id).sort());
      }),
    );
  });
});
