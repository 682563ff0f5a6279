/**
 * Ctrl-C once stops, twice kills. Under npm one Ctrl-C arrives twice, though: the terminal sends it to npm and to us,
 * and npm passes its own on. So what follows closely counts as the same.
 */
const SAME_KEYPRESS_MS = 1_000;

/**
 * @param {object} handlers
 * @param {(signal: NodeJS.Signals) => void} handlers.onStop
 * @param {() => void} handlers.onKill
 * @param {() => number} [handlers.now]
 * @returns {(signal: NodeJS.Signals) => void}
 */
export function stopThenKill({ onStop, onKill, now = Date.now }) {
  /** @type {number | undefined} */
  let stoppedAt;

  return (signal) => {
    if (stoppedAt === undefined) {
      stoppedAt = now();
      onStop(signal);
    } else if (now() - stoppedAt >= SAME_KEYPRESS_MS) {
      onKill();
    }
  };
}
