/**
 * Runs inside the page: notes when each remote tile presents a frame, as a viewer sees it. Installed before the app, so
 * that the first frame counts too.
 */

declare global {
  interface Window {
    /** When frames were presented, by participant, milliseconds of `performance.now()`. */
    presentedFrames?: Record<string, number[]>;
  }
}

/** Serialised into the page: refers to nothing outside itself. */
export function recordFrames(): void {
  const presented: Record<string, number[]> = {};
  window.presentedFrames = presented;
  const known = new WeakSet<HTMLVideoElement>();
  const look = () => {
    for (const tile of document.querySelectorAll<HTMLElement>('[data-participant-id]')) {
      const id = tile.dataset['participantId'];
      const video = tile.querySelector('video');
      if (id === undefined || !video || known.has(video)) continue;
      known.add(video);
      const times = (presented[id] ??= []);
      const note = (now: number) => {
        times.push(now);
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback(note);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}
