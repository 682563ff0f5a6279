/** Whether another Crossfade uses a data folder, and which one is free. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const TRIES = 100;

/**
 * @param {string} folder
 * @returns {string | undefined} Another folder beside it, if a living gateway uses this one.
 */
export function otherDataDir(folder) {
  if (!isInUse(folder)) return undefined;
  const others = Array.from({ length: TRIES }, (_, index) => `${folder}-${index + 2}`);
  return others.find((other) => !isInUse(other));
}

/**
 * As the gateway has it in its lock: the number of its process comes first.
 *
 * @param {string} folder
 */
function isInUse(folder) {
  try {
    const pid = Number.parseInt(fs.readFileSync(path.join(folder, 'gateway.lock'), 'utf8'), 10);
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // No lock, or one that was left behind; somebody else's process may not be signalled.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
