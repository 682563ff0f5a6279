/** What `npm test` is made of: a list of checks that either hold or not, and three runs of Jest. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { runCommand } from '../../tools/run-command.mjs';
import { UserError } from '../../tools/user-error.mjs';
import { packageBin } from '../setup/package-bin.mjs';
import { build } from '../setup/set-up.mjs';
import { chromiumAdvice, findChromium } from './find-chromium.mjs';
import { checkDocuments } from './documents.mjs';
import { namesInReport, readJestReport } from './jest-results.mjs';

/** Packages whose imports are checked, and type-checked folders outside of them. */
const SOURCE_FOLDERS = ['shared', 'service', 'media-server', 'gateway', 'client', 'web'].map(
  (name) => `${name}/src`,
);
const EXTRA_TYPE_PROJECTS = ['test/tsconfig.json', 'bench/tsconfig.json'];

/**
 * For Jest: each file in a process of its own. Jest keeps what it loaded for every file so far, and to collect garbage among
 * that of fifty stops servers under test for up to 0.75 s.
 */
const OWN_PROCESS = '--workerIdleMemoryLimit=0';

/**
 * @typedef {object} Context
 * @property {string} projectRoot
 * @property {string} node
 * @property {NodeJS.ProcessEnv} env What the steps run with.
 * @property {import('../../tools/reporter.mjs').Reporter} reporter
 * @property {readonly string[]} jestArgs
 */

/** @typedef {{ passed: number, failed: readonly string[], skipped: readonly string[] }} Counts */

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {boolean} needsProduct Whether it runs what was built, and the mediasoup worker.
 * @property {(context: Context) => Promise<Counts>} run
 */

/** @type {readonly Step[]} */
export const STEPS = [
  check('format', (context) => runBin(context, 'prettier', 'prettier', ['--check', '.'])),
  check('types', checkTypes),
  check('lint', (context) => runBin(context, 'eslint', 'eslint', ['.'])),
  check('imports', (context) =>
    runBin(context, 'dependency-cruiser', 'depcruise', [
      '--config',
      '.dependency-cruiser.cjs',
      ...SOURCE_FOLDERS.filter((folder) => fs.existsSync(path.join(context.projectRoot, folder))),
    ]),
  ),
  check('dead-code', (context) => runBin(context, 'knip', 'knip', [])),
  { name: 'unit', needsProduct: false, run: (context) => runJest(context, 'unit', []) },
  // Real workers and servers: more at once would measure the machine.
  {
    name: 'integration',
    needsProduct: true,
    run: (context) => runJest(context, 'integration', ['--maxWorkers=2', OWN_PROCESS]),
  },
  { name: 'browser', needsProduct: true, run: runBrowserTests },
  { name: 'documents', needsProduct: true, run: checkDocuments },
];

/**
 * @param {string} name
 * @param {(context: Context) => Promise<boolean>} holds
 * @returns {Step}
 */
function check(name, holds) {
  return {
    name,
    needsProduct: false,
    async run(context) {
      return (await holds(context))
        ? { passed: 1, failed: [], skipped: [] }
        : failure('see its messages above');
    },
  };
}

/**
 * @param {Context} context
 * @param {string} name
 * @param {string} command
 * @param {readonly string[]} args
 */
async function runBin({ projectRoot, node, env }, name, command, args) {
  const { status } = await runCommand(node, [packageBin(projectRoot, name, command), ...args], {
    cwd: projectRoot,
    env,
    inherit: true,
  });
  return status === 0;
}

/** @param {Context} context */
async function checkTypes(context) {
  let good = true;
  try {
    await build(context);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    good = false;
  }

  for (const project of EXTRA_TYPE_PROJECTS) {
    if (!fs.existsSync(path.join(context.projectRoot, project))) continue;
    good = (await runBin(context, 'typescript7', 'tsc', ['--noEmit', '-p', project])) && good;
  }
  return good;
}

/**
 * @param {Context} context
 * @returns {Promise<Counts>}
 */
async function runBrowserTests(context) {
  if (findChromium(context.env)) return runJest(context, 'browser', ['--maxWorkers=1', OWN_PROCESS]);

  console.log(`The browser tests are skipped: ${chromiumAdvice(context.env)}.`);
  // Loads the files to learn the names of the tests, and runs none of them.
  const { report } = await startJest(context, 'browser', ['--testNamePattern', '(?!)'], { quiet: true });
  const names = report ? namesInReport(report, context.projectRoot) : ['all of them'];

  return { passed: 0, failed: [], skipped: names.map((name) => `${name} (${chromiumAdvice(context.env)})`) };
}

/**
 * @param {Context} context
 * @param {string} project
 * @param {readonly string[]} args
 * @returns {Promise<Counts>}
 */
async function runJest(context, project, args) {
  const { status, report } = await startJest(context, project, [...args, ...context.jestArgs]);

  if (!report) return failure(`Jest ended with status ${status} and without a result`);
  const counts = readJestReport(report, status, context.projectRoot);

  // Jest says that it skipped what was not asked for.
  return selectsByName(context.jestArgs) ? { ...counts, skipped: [] } : counts;
}

/** @param {readonly string[]} jestArgs */
function selectsByName(jestArgs) {
  return jestArgs.some((arg) => /^(-t|--testNamePattern)(=|$)/.test(arg));
}

/**
 * @param {Context} context
 * @param {string} project
 * @param {readonly string[]} args
 */
async function startJest({ projectRoot, node, env }, project, args, { quiet = false } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-jest-'));
  const outputFile = path.join(folder, 'report.json');
  const flags = ['--selectProjects', project, '--passWithNoTests', '--json', `--outputFile=${outputFile}`];

  try {
    const { status } = await runCommand(
      node,
      ['--experimental-vm-modules', packageBin(projectRoot, 'jest', 'jest'), ...flags, ...args],
      {
        cwd: projectRoot,
        env: {
          ...env,
          // Without it swc makes CommonJS of everything, silently. For Jest's own child processes too.
          NODE_OPTIONS: [
            env['NODE_OPTIONS'],
            '--experimental-vm-modules',
            '--disable-warning=ExperimentalWarning',
          ]
            .filter(Boolean)
            .join(' '),
        },
        inherit: !quiet,
      },
    );
    /** @type {import('./jest-results.mjs').JestReport | undefined} */
    const report = fs.existsSync(outputFile) ? JSON.parse(fs.readFileSync(outputFile, 'utf8')) : undefined;

    return { status, report };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} name
 * @returns {Counts}
 */
function failure(name) {
  return { passed: 0, failed: [name], skipped: [] };
}
