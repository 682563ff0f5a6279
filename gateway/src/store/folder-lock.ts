/** One process a data folder: PGlite does not lock its folder, and two on one lose rows without a word. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SettingError } from '@crossfade/service/settings';

/**
 * Locks a folder for this process.
 * @returns what unlocks it
 * @throws SettingError if a living process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'gateway.lock');
  const mine = await identify(process.pid);
  for (;;) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readFile(file, 'utf8').catch(() => '');
    const pid = Number.parseInt(holder, 10);
    if (Number.isInteger(pid) && pid !== process.pid && holder === (await identify(pid))) {
      throw new SettingError(
        `Setting DATA_DIR cannot be used: another gateway, process ${String(pid)}, uses that folder; stop it or choose another folder.`,
      );
    }
    // Its process is gone, killed before it could unlock.
    await rm(file, { force: true });
  }
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
