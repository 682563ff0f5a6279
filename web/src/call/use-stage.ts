import type { CallSnapshot } from '@crossfade/client/call';
import { useState } from 'react';
import { arrange, type Arrangement } from './arrangement.ts';
import { NOBODY_SEATED, seated } from './seating.ts';
import { NO_CHOICE, otherView, pinned, spotlightOf, type OnStage } from './spotlight.ts';
import { tilesOf } from './stage-tiles.ts';
import type { Size } from './tile-layout.ts';

export interface StageView extends Arrangement {
  /** The tile that is shown large; null: all are alike. */
  readonly spotlight: string | null;
  readonly pinned: string | null;
  /** Whether there is a choice of what is shown large. */
  readonly hasChoice: boolean;
  readonly changeView: () => void;
  readonly pin: (tile: string) => void;
  readonly turnTo: (page: number) => void;
}

/** Who is seen where: follows the call, and what is chosen here. */
export function useStage({ local, remotes, activeSpeaker }: CallSnapshot, size: Size): StageView {
  const [seating, setSeating] = useState(NOBODY_SEATED);
  const [choice, setChoice] = useState(NO_CHOICE);
  const [pages, setPages] = useState({ grid: 0, strip: 0 });

  const tiles = tilesOf(local, remotes, seating.order);
  const { screens, people, self } = tiles;
  const onStage: OnStage = {
    tiles: [...screens, ...people, self].map(({ id }) => id),
    // One's own screen shown large would show itself.
    screens: screens.filter(({ participantId }) => participantId !== undefined).map(({ id }) => id),
    speakers: [...seating.spoke, ...seating.order],
  };
  const hasChoice = screens.length + people.length > 1;
  const spotlight = hasChoice ? spotlightOf(choice, onStage) : null;
  const arrangement = arrange(size, tiles, spotlight, spotlight === null ? pages.grid : pages.strip);

  const seats = arrangement.placed
    .map(({ tile }) => seating.order.indexOf(tile.id))
    .filter((seat) => seat >= 0);
  const next = seated(seating, {
    present: remotes.map(({ participantId }) => participantId),
    speaker: activeSpeaker,
    // Who is shown large needs no seat in front.
    front: spotlight !== null && spotlight === activeSpeaker ? Infinity : arrangement.front,
    inView: seats.length > 0 ? [Math.min(...seats), Math.max(...seats) + 1] : [0, 0],
  });
  // Before anything is painted: React renders once more with it.
  if (next !== seating) setSeating(next);

  return {
    ...arrangement,
    spotlight,
    pinned: choice.pinned,
    hasChoice,
    changeView: () => {
      setChoice(otherView(choice, onStage));
      setPages({ ...pages, strip: 0 });
    },
    pin: (tile) => setChoice(pinned(choice, tile)),
    turnTo: (page) => setPages({ ...pages, [spotlight === null ? 'grid' : 'strip']: page }),
  };
}
