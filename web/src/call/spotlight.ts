/** Who, or what, is shown large beside everybody else. Pure. */

export interface Choice {
  readonly view: 'grid' | 'speaker';
  /** What was chosen by a click on its tile. */
  readonly pinned: string | null;
  /** Shared screens that have been put back into the grid. */
  readonly dismissed: readonly string[];
}

export const NO_CHOICE: Choice = { view: 'grid', pinned: null, dismissed: [] };

export interface OnStage {
  /** The tiles there are. */
  readonly tiles: readonly string[];
  /** Those of them that are screens of others. */
  readonly screens: readonly string[];
  /** People who may be shown large, who spoke last first. */
  readonly speakers: readonly string[];
}

/**
 * The tile that is shown large; null: all are alike. What is pinned comes first, then a shared screen, then, if that view was
 * chosen, who speaks or spoke last.
 */
export function spotlightOf(
  { view, pinned, dismissed }: Choice,
  { tiles, screens, speakers }: OnStage,
): string | null {
  if (pinned !== null && tiles.includes(pinned)) return pinned;
  const screen = screens.find((tile) => !dismissed.includes(tile));
  if (screen !== undefined) return screen;
  return view === 'speaker' ? (speakers.find((tile) => tiles.includes(tile)) ?? null) : null;
}

/** Changes between the two views, whatever led to the one that is seen. */
export function otherView(choice: Choice, stage: OnStage): Choice {
  return spotlightOf(choice, stage) === null
    ? { view: 'speaker', pinned: null, dismissed: [] }
    : { view: 'grid', pinned: null, dismissed: stage.screens };
}

/** Pins a tile, or lets go of it. */
export function pinned(choice: Choice, tile: string): Choice {
  return { ...choice, pinned: choice.pinned === tile ? null : tile };
}
