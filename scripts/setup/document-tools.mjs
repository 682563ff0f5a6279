/**
 * The tools that make and check the API documents. They have a lockfile of their own, in tools/api-documents: starting
 * the product needs none of them.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { runCommand } from '../../tools/run-command.mjs';
import { UserError } from '../../tools/user-error.mjs';
import { npmCommand } from './install-packages.mjs';
import { isNetworkFailure } from './npm-output.mjs';

/** @param {string} projectRoot */
export function hasDocumentTools(projectRoot) {
  const folder = path.join(projectRoot, 'tools', 'api-documents');
  // npm's own note: it is not there if an `npm ci` was interrupted.
  const installed = versionsIn(path.join(folder, 'node_modules', '.package-lock.json'));
  const wanted = versionsIn(path.join(folder, 'package-lock.json'));
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));

  return Object.keys(dependencies).every((name) => {
    const version = wanted[`node_modules/${name}`]?.version;
    return version !== undefined && installed[`node_modules/${name}`]?.version === version;
  });
}

/**
 * @param {object} options
 * @param {string} options.projectRoot
 * @param {NodeJS.ProcessEnv} options.env
 * @param {import('../../tools/reporter.mjs').Reporter} options.reporter
 */
export async function installDocumentTools({ projectRoot, env, reporter }) {
  if (hasDocumentTools(projectRoot)) return;

  reporter.say('installing the tools for the API documents (half a minute, once)');
  const [command, ...prefix] = npmCommand(env);
  const { status, output } = await runCommand(
    command,
    [...prefix, 'ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: path.join(projectRoot, 'tools', 'api-documents'), env },
  );
  if (status === 0) return;

  process.stderr.write(output);
  throw new UserError(
    isNetworkFailure(output)
      ? 'The tools for the API documents cannot be installed because the npm registry cannot be reached: connect to ' +
          'the internet and start again.'
      : 'The tools for the API documents cannot be installed: see the messages of `npm ci` above.',
  );
}

/**
 * @param {string} lockfile
 * @returns {Record<string, { version?: string }>}
 */
function versionsIn(lockfile) {
  return fs.existsSync(lockfile) ? JSON.parse(fs.readFileSync(lockfile, 'utf8')).packages : {};
}
