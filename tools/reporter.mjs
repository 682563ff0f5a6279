/**
 * Tells a person what goes on, one line for each step. How far a long step is goes on a terminal to one line that is
 * written over; elsewhere (a log file, CI) it is a new line every ten per cent.
 */

const STEP_PERCENT = 10;

/**
 * @typedef {object} Reporter
 * @property {(text: string) => void} say
 * @property {(label: string, done: number, total: number) => void} progress
 */

/**
 * @param {{ isTTY?: boolean, write(text: string): unknown }} stream
 * @param {string} prefix What each line begins with.
 * @returns {Reporter}
 */
export function createReporter(stream, prefix) {
  let shownPercent = 0;
  let lineIsOpen = false;

  return {
    say(text) {
      if (lineIsOpen) stream.write('\n');
      lineIsOpen = false;
      stream.write(`${prefix}${text}\n`);
    },

    progress(label, done, total) {
      const text = `${prefix}${label} ${done}/${total}`;
      if (stream.isTTY) {
        stream.write(`\r\u001b[K${text}`);
        lineIsOpen = true;
        return;
      }

      const percent = Math.floor((done / total) * 100);
      // A build that starts over begins at 0 again.
      if (percent < shownPercent) shownPercent = 0;
      if (percent < shownPercent + STEP_PERCENT) return;
      shownPercent = percent - (percent % STEP_PERCENT);
      stream.write(`${text}\n`);
    },
  };
}
