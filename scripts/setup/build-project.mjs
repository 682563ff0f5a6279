/**
 * Compiles the TypeScript, prepares the gateway's empty database and bundles the web app, each only if something that
 * goes into it has changed.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { runCommand } from '../../tools/run-command.mjs';
import { UserError } from '../../tools/user-error.mjs';
import { buildState, hashSources, listOutputs, readStamp, writeStamp } from './build-stamp.mjs';
import { packageBin } from './package-bin.mjs';

/** What a bundle of the web app contains. */
const WEB_SOURCES = ['web', 'client', 'shared'];
/** An empty database that the gateway starts from; made by a program that was compiled before. */
const TEMPLATE = 'gateway/dist/records-template.tar.gz';
const ROOT_FILES = ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json'];

/**
 * @param {object} options
 * @param {string} options.projectRoot
 * @param {string} options.node
 * @param {import('../../tools/reporter.mjs').Reporter} options.reporter
 */
export async function buildProject({ projectRoot, node, reporter }) {
  const { workspaces } = JSON.parse(fs.readFileSync(path.join(projectRoot, 'package.json'), 'utf8'));
  const tsc = packageBin(projectRoot, 'typescript7', 'tsc');
  const vite = packageBin(path.join(projectRoot, 'web'), 'vite', 'vite');

  await buildIfChanged({
    name: 'types',
    sources: [...ROOT_FILES, ...workspaces],
    outputs: outputFolders(workspaces),
    notOutputs: [TEMPLATE],
    async build({ outputsMissing }) {
      reporter.say('compiling the TypeScript');
      // It believes its notes (.tsbuildinfo), also where the files that they tell of are gone.
      const args = [tsc, '-b', ...(outputsMissing ? ['--force'] : []), '--pretty', 'false'];
      await run(args, projectRoot, 'The TypeScript does not compile: correct what the compiler says above.');
    },
  });

  await buildIfChanged({
    name: 'template',
    sources: ['package-lock.json', 'gateway/src/store/template.ts', 'gateway/src/store/write-template.ts'],
    outputs: [TEMPLATE],
    async build() {
      reporter.say('preparing an empty database for the gateway');
      const failure = 'The empty database for the gateway cannot be made, for the reason above.';
      await run(['gateway/dist/store/write-template.js'], projectRoot, failure);
    },
  });

  await buildIfChanged({
    name: 'web',
    sources: [...ROOT_FILES, ...WEB_SOURCES],
    outputs: ['web/dist'],
    async build() {
      reporter.say('building the web app');
      const failure = 'The web app cannot be built: correct what Vite says above.';
      await run([vite, 'build'], path.join(projectRoot, 'web'), failure);
    },
  });

  /**
   * @param {readonly string[]} args
   * @param {string} cwd
   * @param {string} failure
   */
  async function run(args, cwd, failure) {
    const { status, output } = await runCommand(node, args, { cwd });
    if (status === 0) return;
    process.stderr.write(output);
    throw new UserError(failure);
  }

  /**
   * @param {object} part
   * @param {string} part.name
   * @param {readonly string[]} part.sources
   * @param {readonly string[]} part.outputs
   * @param {readonly string[]} [part.notOutputs] Files among them that another part makes.
   * @param {(state: { outputsMissing: boolean }) => Promise<void>} part.build
   */
  async function buildIfChanged({ name, sources, outputs, notOutputs = [], build }) {
    const file = path.join(projectRoot, '.cache', 'build', `${name}.json`);
    // Hashed before it is built: what changes meanwhile is built the next time.
    const hash = hashSources(projectRoot, sources);
    const list = () =>
      Object.fromEntries(
        Object.entries(listOutputs(projectRoot, outputs)).filter(([output]) => !notOutputs.includes(output)),
      );
    const state = buildState(readStamp(file), { sources: hash, outputs: list() });
    if (state === 'up to date') return;

    fs.rmSync(file, { force: true });
    await build({ outputsMissing: state === 'outputs are missing' });
    writeStamp(file, { sources: hash, outputs: list() });
  }
}

/**
 * Where the compiler writes; web/dist is Vite's.
 *
 * @param {readonly string[]} workspaces
 */
export function outputFolders(workspaces) {
  return workspaces
    .flatMap((workspace) => [`${workspace}/dist`, `${workspace}/dist-types`])
    .filter((folder) => folder !== 'web/dist');
}
