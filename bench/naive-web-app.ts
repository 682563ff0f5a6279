/** The web app with a naive switch, built for a comparison in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ProductOptions } from '../test/browser/product.ts';

const WEB = path.resolve(import.meta.dirname, '../web');
const NAIVE_PATH = path.join(import.meta.dirname, 'naive-path.ts');

/** Measures the same of the app with a naive switch, and of the app as it is. */
export async function besideNaive<T>(
  measure: (name: string, options: ProductOptions) => Promise<T>,
): Promise<{ own: T; naive: T }> {
  const webRoot = await mkdtemp(path.join(tmpdir(), 'crossfade-naive-'));
  try {
    await buildNaiveWebApp(webRoot);
    const naive = await measure('naive', { webRoot, gateway: { STANDBY_CONNECTIONS: 'off' } });
    return { own: await measure('crossfade', {}), naive };
  } finally {
    await rm(webRoot, { recursive: true, force: true });
  }
}

/** Builds it into this folder. */
async function buildNaiveWebApp(outDir: string): Promise<void> {
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
