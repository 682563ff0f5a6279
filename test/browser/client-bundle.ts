/** mediasoup-client as one script for a page, made with the bundler of the web app, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const WEB = path.resolve(import.meta.dirname, '../../web');

/** A script that leaves `window.mediasoupClient` behind. */
export async function bundleMediasoupClient(): Promise<string> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'crossfade-bundle-'));
  const lib = {
    entry: import.meta.resolve('mediasoup-client').replace('file://', ''),
    name: 'mediasoupClient',
    formats: ['iife'],
    fileName: 'client',
  };
  const options = {
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: { outDir, emptyOutDir: false, minify: false, lib },
  };
  const script = `import { build } from 'vite'; await build(${JSON.stringify(options)});`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: WEB,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    return await readFile(path.join(outDir, 'client.iife.js'), 'utf8');
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
