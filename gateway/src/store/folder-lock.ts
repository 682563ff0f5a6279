/** One process a data folder: PGlite does not lock its folder, and two on one lose rows without a word. */
import { createHash, randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SettingError } from '@crossfade/service/settings';

/** What file systems without hard links say. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
/** Somebody else is taking over the same lock: they are done in a moment, milliseconds. */
const TAKEOVER_MS = 20;

/**
 * Locks a folder for this process.
 * @returns what unlocks it
 * @throws SettingError if a living process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'gateway.lock');
  for (;;) {
    const holder = await tryLock(file);
    if (holder === null) return () => rm(file, { force: true });
    if (holder !== 'changing') {
      throw new SettingError(
        `Setting DATA_DIR cannot be used: another gateway, process ${String(holder)}, uses that folder; stop it or choose another folder.`,
      );
    }
    await setTimeout(TAKEOVER_MS);
  }
}

/**
 * Makes this file ours, exclusively. One whose process is gone, killed before it could unlock, is removed first; of several
 * that see it only the one may that has the lock named after what is in it: else the second would remove the new lock of
 * the first. (That lock can be left behind as well, and is then taken over in the same way.)
 * @returns null: it is ours; the process that has it; or `changing`: to be tried again
 */
async function tryLock(file: string): Promise<number | 'changing' | null> {
  const mine = await identify(process.pid);
  if (await create(file, mine)) return null;
  const holder = await readFile(file, 'utf8').catch((error: unknown) => {
    // Unlocked meanwhile. What cannot be read for another reason would never change.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (holder === undefined) return 'changing';
  const pid = Number.parseInt(holder, 10);
  if (Number.isInteger(pid) && pid !== process.pid && isSame(holder, await identify(pid))) return pid;
  const takeover = `${file}.${createHash('sha256').update(holder).digest('hex').slice(0, 8)}`;
  if ((await tryLock(takeover)) !== null) return 'changing';
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === holder) await rm(file, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
  return 'changing';
}

/** Makes a file in one step, content and all (where there are no hard links, nearly so). @returns false if there is one */
async function create(file: string, identity: string): Promise<boolean> {
  const scratch = `${file}.${randomUUID()}`;
  // The id makes each lock another one, also of the same process.
  const content = `${identity} ${randomUUID()}`;
  await writeFile(scratch, content, { flag: 'wx' });
  try {
    await link(scratch, file);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.includes(code)) throw error;
  } finally {
    await rm(scratch, { force: true });
  }
  try {
    await writeFile(file, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a lock is of this process: by its first two words, its third is its own. */
function isSame(lock: string, identity: string): boolean {
  return lock.split(' ', 2).join(' ') === identity;
}

/** A process by number and, where the system tells it, start time: numbers are used again. */
async function identify(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return '';
  }
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  // The 22nd field; the second, the name in parentheses, may contain spaces.
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${String(pid)} ${startTime}`;
}
