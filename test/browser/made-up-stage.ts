/** The stage of the web app with people who are not there, made with the bundler of the web app, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const WEB = path.resolve(import.meta.dirname, '../../web');

/** A script that leaves `window.madeUpStage` behind, and its styles. */
export async function bundleMadeUpStage(): Promise<{ script: string; styles: string }> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'crossfade-stage-'));
  const options = {
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      copyPublicDir: false,
      lib: {
        entry: path.join(WEB, 'src/testing/made-up-stage.tsx'),
        name: 'stage',
        formats: ['iife'],
        fileName: 'stage',
      },
    },
  };
  const script = `import { build } from 'vite'; await build(${JSON.stringify(options)});`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: WEB,
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
    });
    const written = await readdir(outDir);
    const read = async (extension: string) => {
      const name = written.find((file) => file.endsWith(extension));
      if (name === undefined) throw new Error(`Nothing was written that ends with ${extension}.`);
      return readFile(path.join(outDir, name), 'utf8');
    };
    return { script: await read('.js'), styles: await read('.css') };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
