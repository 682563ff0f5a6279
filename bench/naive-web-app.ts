/** The web app with a naive switch, built for a comparison in a process of its own. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const WEB = path.resolve(import.meta.dirname, '../web');
const NAIVE_PATH = path.join(import.meta.dirname, 'naive-path.ts');

/** Builds it into this folder. */
export async function buildNaiveWebApp(outDir: string): Promise<void> {
  const script = `
    import { build } from 'vite';
    const naive = {
      name: 'naive-switch',
      enforce: 'pre',
      resolveId: (source, importer) =>
        source.endsWith('/build-path.ts') && importer !== ${JSON.stringify(NAIVE_PATH)} ? ${JSON.stringify(NAIVE_PATH)} : null,
    };
    await build({ logLevel: 'error', plugins: [naive], build: { outDir: ${JSON.stringify(outDir)}, emptyOutDir: true } });
  `;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: WEB,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}
