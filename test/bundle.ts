/** Bundles made with the bundler of the web app, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const WEB = path.resolve(import.meta.dirname, '../web');

export interface Bundle {
  /** The whole of it, one script. */
  readonly code: string;
  /** The files something of which is in it. */
  readonly modules: readonly string[];
}

export interface BundleOptions {
  /** The file that is bundled, with everything it imports. */
  entry: string;
  /** `iife`: a script that leaves what the entry exports behind under this name. */
  as: { format: 'iife'; name: string } | { format: 'es' };
  /** Whether libraries check how they are used. */
  development?: boolean;
}

export async function bundle({ entry, as, development = false }: BundleOptions): Promise<Bundle> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'crossfade-bundle-'));
  const options = {
    configFile: false,
    logLevel: 'error',
    root: path.dirname(entry),
    publicDir: false,
    define: { 'process.env.NODE_ENV': JSON.stringify(development ? 'development' : 'production') },
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      lib: { entry, formats: [as.format], ...('name' in as && { name: as.name }) },
      rollupOptions: { output: { codeSplitting: false, entryFileNames: 'bundle.js' } },
    },
  };
  const script = `
    import { build } from 'vite';
    import { writeFileSync } from 'node:fs';
    const modules = [];
    const list = {
      name: 'list-modules',
      generateBundle(_options, chunks) {
        for (const chunk of Object.values(chunks)) {
          for (const [id, { renderedLength }] of Object.entries(chunk.modules ?? {})) {
            if (renderedLength > 0) modules.push(id);
          }
        }
      },
    };
    await build({ ...${JSON.stringify(options)}, plugins: [list] });
    writeFileSync(${JSON.stringify(path.join(outDir, 'modules.json'))}, JSON.stringify(modules));`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: WEB,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const read = (name: string) => readFile(path.join(outDir, name), 'utf8');
    return { code: await read('bundle.js'), modules: JSON.parse(await read('modules.json')) as string[] };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
