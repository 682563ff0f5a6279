import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SettingError } from '@crossfade/service/settings';
import { lockFolder } from './folder-lock.ts';

let folder: string;
const lockFile = () => path.join(folder, 'gateway.lock');

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('is taken, given back and taken again', async () => {
  const unlock = await lockFolder(folder);
  expect(await readFile(lockFile(), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d* [0-9a-f-]{36}$`));
  await unlock();
  await (
    await lockFolder(folder)
  )();
});

test('a lock that cannot be read is told, not waited for', async () => {
  await mkdir(lockFile());
  await expect(lockFolder(folder)).rejects.toThrow('EISDIR');
});

test('a folder that a living process holds is refused in one sentence', async () => {
  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)']);
  try {
    await once(other, 'spawn');
    const pid = other.pid ?? 0;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    await writeFile(lockFile(), `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`);
    await expect(lockFolder(folder)).rejects.toThrow(SettingError);
    await expect(lockFolder(folder)).rejects.toThrow(
      /^Setting DATA_DIR cannot be used: another gateway, process \d+, uses that folder; .*\.$/,
    );
  } finally {
    other.kill();
    await once(other, 'exit');
  }
});

test.each(['', 'garbage', '999999999 5', `${process.ppid} 1`])(
  'a lock left behind (%j) is taken over',
  async (left) => {
    await writeFile(lockFile(), left);
    await (
      await lockFolder(folder)
    )();
  },
);
