import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { SettingError } from '@crossfade/service/settings';
import { openEmbedded } from './database.ts';

test('a folder that cannot be used is named in one sentence', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'database-'));
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  for (const [dataDir, code] of [
    [file, 'EEXIST'],
    ['/proc/nope/data', 'ENOENT'],
    // Not even root may make files there.
    ['/proc/self', 'ENOENT'],
  ] as const) {
    const error: unknown = await openEmbedded(dataDir).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SettingError);
    expect((error as Error).message).toBe(
      `Setting DATA_DIR cannot be used: ${dataDir} is no folder that can be written to (${code}).`,
    );
  }
  await rm(folder, { recursive: true });
});
