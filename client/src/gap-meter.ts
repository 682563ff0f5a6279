/**
 * Measures what a switch costs the viewer: the longest time between two presented frames of a remote camera; a screen on
 * which nothing moves presents none for long, so screens say nothing. Runs from the start of a switch until shortly after
 * its commit, then lets go of everything.
 */

/**
 * The longest time between neighbouring frames that overlaps `[from, to]`, milliseconds; the time since the last frame
 * counts as well. Null without a frame before `to`.
 * @param times when frames were presented, ascending
 */
export function longestGap(times: readonly number[], from: number, to: number): number | null {
  let longest: number | null = null;
  times.forEach((time, index) => {
    const next = Math.min(times[index + 1] ?? to, to);
    if (next < from || time > to) return;
    longest = Math.max(longest ?? 0, next - time);
  });
  return longest;
}

/**
 * When frames were presented, from what the browser tells of some of them: a busy page is not called for each, but the
 * count goes on. Those in between are taken to be evenly spread.
 * @param told the time, milliseconds, and the count of frames presented until then; ascending
 */
export function presentationTimes(told: readonly { at: number; count: number }[]): number[] {
  return told.flatMap(({ at, count }, index) => {
    const before = told[index - 1];
    const frames = before ? Math.max(1, count - before.count) : 1;
    const step = before ? (at - before.at) / frames : 0;
    return Array.from({ length: frames }, (_each, place) => at - (frames - 1 - place) * step);
  });
}

/** Each costs the page a decoder's output more at the busiest time; one frozen picture tells as much as ten. */
const MOST_WATCHED = 2;
/** How far around the swap is looked for the gap, milliseconds. */
const BEFORE_MS = 500;
export const AFTER_MS = 1_500;

interface Watched {
  element: HTMLVideoElement;
  told: { at: number; count: number }[];
}

export class GapMeter {
  readonly #watched = new Map<string, Watched>();
  #closed = false;

  /** Watches a stream that shows video, if there are not enough already. */
  watch(participantId: string, stream: MediaStream): void {
    if (this.#watched.has(participantId) || this.#watched.size >= MOST_WATCHED || this.#closed) return;
    const element = document.createElement('video');
    if (!('requestVideoFrameCallback' in element)) return;
    element.muted = true;
    element.playsInline = true;
    element.srcObject = stream;
    const watched: Watched = { element, told: [] };
    this.#watched.set(participantId, watched);
    const note = (at: number, { presentedFrames }: VideoFrameCallbackMetadata) => {
      if (this.#closed) return;
      watched.told.push({ at, count: presentedFrames });
      element.requestVideoFrameCallback(note);
    };
    element.requestVideoFrameCallback(note);
    element.play().catch(() => undefined);
  }

  /**
   * The longest gap of all watched videos around a swap, milliseconds; null if none could be measured (no video, or the
   * page is hidden: browsers present no frames then).
   */
  read(swappedAt: number): number | null {
    if (document.visibilityState !== 'visible') return null;
    const gaps = [...this.#watched.values()]
      .map(({ told }) => presentationTimes(told))
      // A video without frames before the swap was not shown, so nothing could freeze.
      .filter((times) => times.some((time) => time < swappedAt))
      .map((times) => longestGap(times, swappedAt - BEFORE_MS, swappedAt + AFTER_MS))
      .filter((gap) => gap !== null);
    return gaps.length > 0 ? Math.max(...gaps) : null;
  }

  close(): void {
    this.#closed = true;
    for (const { element } of this.#watched.values()) element.srcObject = null;
    this.#watched.clear();
  }
}
