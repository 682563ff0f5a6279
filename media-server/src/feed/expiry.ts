/** Waiting for a time of day: tokens say when they end by the clock on the wall, which may be set meanwhile. */

/** Milliseconds between two looks at that clock, at most. No timer of Node waits longer than 24 days either. */
const LOOK_INTERVAL_MS = 60_000;

/**
 * Runs it once it is later than that; keeps no process alive.
 * @param time milliseconds since 1970
 * @returns cancels it
 */
export function after(time: number, run: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const left = time - Date.now();
    if (left < 0) {
      run();
      return;
    }
    timer = setTimeout(look, Math.min(left + 1, LOOK_INTERVAL_MS));
    timer.unref();
  };
  look();
  return () => {
    clearTimeout(timer);
  };
}
