/**
 * Whether this device keeps up with what it receives, and in how much smaller sizes pictures have to come so that it does. Pure.
 *
 * Most of this is done by others. A path too narrow towards this client: the media server sends smaller sizes, the least important
 * first. A path too narrow from here, or too little CPU to encode: the browser sends fewer pixels or frames by itself (`qualityLimitationReason`). But nobody
 * sends less to a device that cannot decode or show what arrives: it drops frames, and has to ask.
 */
import type { Relief } from './video-wish.ts';

/** What was counted since the reading before. */
export interface LoadReading {
  /** Frames of all videos that were shown, and that were not though they had arrived. */
  readonly decoded: number;
  readonly dropped: number;
}

export interface LoadView {
  readonly relief: Relief;
  /** How many readings in a row said that it does not keep up, or that it does. */
  readonly strained: number;
  readonly calm: number;
  /** After how many calm readings it is tried with more again. */
  readonly patience: number;
}

/** Readings in a row after which less is asked for: one busy moment is over sooner than a smaller size is there. */
const STRAINED_FOR = 4;
/** Readings before more is tried again: doubled each time less is asked for, so ten after the first time. */
const PATIENCE = { initial: 5, most: 80 };
/** Of the frames that arrived, and so many at least: below it nobody sees it. */
const DROPPED = { ratio: 0.3, least: 10 };

export const UNSTRAINED: LoadView = { relief: 0, strained: 0, calm: 0, patience: PATIENCE.initial };

export function burdened(before: LoadView, { decoded, dropped }: LoadReading): LoadView {
  const drops = dropped >= DROPPED.least && dropped > (decoded + dropped) * DROPPED.ratio;
  const { relief, patience } = before;
  if (drops) {
    const strained = before.strained + 1;
    if (strained < STRAINED_FOR || relief === 2) return { ...before, strained, calm: 0 };
    const longer = Math.min(PATIENCE.most, patience * 2);
    return { relief: relief === 0 ? 1 : 2, strained: 0, calm: 0, patience: longer };
  }
  const calm = before.calm + 1;
  if (calm < patience || relief === 0) return { ...before, strained: 0, calm };
  return { ...before, relief: relief === 2 ? 1 : 0, strained: 0, calm: 0 };
}
