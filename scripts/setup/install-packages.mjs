/**
 * `npm ci`, but only if the lockfile has changed since the last one. A stamp with the lockfile's hash is kept inside
 * node_modules, so that it goes when node_modules goes.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { installedNode } from '../../tools/find-node.mjs';
import { runCommand } from '../../tools/run-command.mjs';
import { UserError } from '../../tools/user-error.mjs';
import { countPackages, holdsAllPackages } from './installed-packages.mjs';
import {
  explanation,
  isFetchedPackage,
  isNetworkFailure,
  NPM_RETRIES,
  watchForHopelessness,
} from './npm-output.mjs';

const STAMP = '.crossfade-lockfile-hash';

/**
 * @param {object} options
 * @param {string} options.projectRoot
 * @param {NodeJS.ProcessEnv} options.env
 * @param {import('../../tools/reporter.mjs').Reporter} options.reporter
 */
export async function installPackages({ projectRoot, env, reporter }) {
  const nodeModules = path.join(projectRoot, 'node_modules');
  const lockfile = path.join(projectRoot, 'package-lock.json');
  if (!fs.existsSync(lockfile)) {
    throw new UserError('package-lock.json is missing: get it back with `git checkout package-lock.json`.');
  }
  const lockText = fs.readFileSync(lockfile, 'utf8');
  const hash = createHash('sha256').update(lockText).digest('hex');

  if (!isStamped(nodeModules, hash)) {
    const wanted = JSON.parse(lockText);
    const machine = { os: process.platform, cpu: process.arch, libc: thisLibc() };
    if (!wasInstalledByHand(nodeModules, wanted, machine)) {
      await runNpmCi({ projectRoot, env, reporter, total: countPackages(wanted, machine) });
    }
    fs.writeFileSync(path.join(nodeModules, STAMP), `${hash}\n`);
  }
  linkNode(projectRoot);
}

/**
 * npm puts node_modules/.bin in front of the PATH of every script, so that `npm run start -w gateway` runs on the
 * Node that is there. npm 10 leaves it out (see tools/find-node.mjs).
 *
 * @param {string} projectRoot
 */
function linkNode(projectRoot) {
  const link = path.join(projectRoot, 'node_modules', '.bin', 'node');
  const node = installedNode(projectRoot);
  if (!fs.existsSync(node) || fs.existsSync(link)) return;

  fs.rmSync(link, { force: true });
  fs.symlinkSync(path.relative(path.dirname(link), node), link);
}

/**
 * @param {string} nodeModules
 * @param {string} hash
 */
function isStamped(nodeModules, hash) {
  return (
    readIfThere(path.join(nodeModules, STAMP))?.trim() === hash &&
    // npm's own note: it is not there if an `npm ci` was interrupted.
    fs.existsSync(path.join(nodeModules, '.package-lock.json'))
  );
}

/**
 * @param {string} nodeModules
 * @param {import('./installed-packages.mjs').Lockfile} wanted
 * @param {{ os: string, cpu: string, libc: string }} machine
 */
function wasInstalledByHand(nodeModules, wanted, machine) {
  const installed = readIfThere(path.join(nodeModules, '.package-lock.json'));

  return (
    installed !== undefined &&
    holdsAllPackages(wanted, JSON.parse(installed), machine) &&
    Object.entries(wanted.packages)
      .filter(([, entry]) => entry.link)
      .every(([key]) => fs.existsSync(path.join(nodeModules, '..', key)))
  );
}

function thisLibc() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (process.report.getReport());

  return report.header?.glibcVersionRuntime ? 'glibc' : 'musl';
}

/**
 * @param {object} options
 * @param {string} options.projectRoot
 * @param {NodeJS.ProcessEnv} options.env
 * @param {import('../../tools/reporter.mjs').Reporter} options.reporter
 * @param {number} options.total
 */
async function runNpmCi({ projectRoot, env, reporter, total }) {
  reporter.say('installing the npm packages (about a minute the first time)');

  const args = [
    'ci',
    // Also where NODE_ENV=production or the user's configuration leave these out.
    '--include=dev',
    '--include=optional',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    // To see the requests. Without it `npm test --silent` would hand its silence on, too.
    '--loglevel=http',
    `--fetch-retries=${NPM_RETRIES}`,
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
  ];
  const [command, ...prefix] = npmCommand(env);
  const isHopeless = watchForHopelessness();
  let hopeless = false;
  let fetched = 0;
  const { status, output } = await runCommand(command, [...prefix, ...args], {
    cwd: projectRoot,
    env,
    onLine(line, end) {
      if (isHopeless(line)) {
        hopeless = true;
        end();
      }
      if (!isFetchedPackage(line)) return;
      fetched += 1;
      reporter.progress('fetching', Math.min(fetched, total), total);
    },
  });
  if (status === 0) return;

  if (hopeless || isNetworkFailure(output)) {
    throw new UserError(
      'The npm packages cannot be installed because the npm registry cannot be reached: connect to the internet ' +
        '(or set up your proxy or mirror with `npm config`) and start again.',
    );
  }
  process.stderr.write(explanation(output));
  throw new UserError('The npm packages cannot be installed: see the messages of `npm ci` above.');
}

/**
 * The npm that runs this script, if one does, so that `npx npm@10 start` is npm 10 all the way.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {[string, ...string[]]}
 */
export function npmCommand(env) {
  const running = env['npm_execpath'];

  return running && /npm-cli\.c?js$/.test(running) ? [process.execPath, running] : ['npm'];
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
