/** The SDK as npm would publish it, put into a folder as another project would have it installed. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '..');

export interface PackedSdk {
  /** The project that has it installed. */
  readonly folder: string;
  /** What is in each package, relative to it. */
  readonly files: { readonly client: readonly string[]; readonly shared: readonly string[] };
  /** Installs these of this checkout, too. */
  readonly add: (...dependencies: string[]) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Packs the client and what it is published with, and installs both, with what they depend on. */
export async function packSdk(): Promise<PackedSdk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crossfade-sdk-'));
  const modules = path.join(folder, 'node_modules');
  await mkdir(path.join(modules, '@types'), { recursive: true });
  const [client, shared] = await Promise.all([install('client', modules), install('shared', modules)]);
  const add = async (...names: string[]) => {
    for (const name of names) await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
  };
  await add('mediasoup-client', 'socket.io-client', 'zod');
  return {
    folder,
    files: { client, shared },
    add,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function install(name: 'client' | 'shared', modules: string): Promise<string[]> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', modules], {
    cwd: path.join(ROOT, name),
    // The flags of these tests are for the Node that runs them, which may not be npm's.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!packed) throw new Error(`npm packed nothing: ${stdout}`);
  const target = path.join(modules, '@crossfade', name);
  await mkdir(target, { recursive: true });
  const archive = path.join(modules, packed.filename);
  await run('tar', ['-xzf', archive, '-C', target, '--strip-components=1']);
  await rm(archive);
  return packed.files.map((file) => file.path);
}

/** The examples of the SDK's README in a language, in order, as they are written. */
export async function readmeExamples(language: 'html' | 'tsx'): Promise<string[]> {
  const text = await readFile(path.join(ROOT, 'client/README.md'), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, tag, code]) =>
    tag === language && code !== undefined ? [code] : [],
  );
}
