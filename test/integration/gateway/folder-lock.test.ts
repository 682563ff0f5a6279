/** Gateways, as processes of their own, that want the same folder at the same moment. Needs the built one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';

test('of several that see the same lock left behind, one gets the folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lock-'));
  const source = new URL('../../../gateway/dist/store/folder-lock.js', import.meta.url).href;
  const program = `
    const { lockFolder } = await import(${JSON.stringify(source)});
    let unlock;
    process.on('message', async ({ folder }) => {
      if (folder === null) { await unlock?.(); unlock = undefined; process.send('ready'); return; }
      try { unlock = await lockFolder(folder); process.send('held'); }
      catch (error) { process.send(error.name === 'SettingError' ? 'refused' : String(error)); }
    });
    process.send('ready');
  `;
  const children = Array.from({ length: 5 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  const answers = () => Promise.all(children.map(async (child) => String((await once(child, 'message'))[0])));
  const ask = async (what: string | null) => {
    const answered = answers();
    for (const child of children) child.send({ folder: what });
    return answered;
  };
  try {
    await answers();
    for (let round = 0; round < 40; round += 1) {
      await writeFile(path.join(folder, 'gateway.lock'), `999999999 ${round}`);
      const got = (await ask(folder)).sort();
      expect(got).toEqual(['held', 'refused', 'refused', 'refused', 'refused']);
      await ask(null);
      expect(await readdir(folder)).toEqual([]);
    }
  } finally {
    const gone = Promise.all(children.map((child) => once(child, 'exit')));
    for (const child of children) child.kill();
    await gone;
    await rm(folder, { recursive: true });
  }
});
