/** System packages: installed if this is root on Debian or one of its relatives, otherwise asked for. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { runCommand } from './run-command.mjs';
import { UserError } from './user-error.mjs';

/** Someone else (a system's first boot, another build) may be using apt right now. */
const APT_OPTIONS = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2'];

/**
 * @param {readonly string[]} packages
 * @param {object} context
 * @param {string} context.purpose What they are for: "to compile the mediasoup worker".
 * @param {import('./reporter.mjs').Reporter} context.reporter
 */
export async function installDebianPackages(packages, { purpose, reporter }) {
  const root = process.getuid?.() === 0;
  if (!root || !commandExists('apt-get')) {
    throw new UserError(askForPackages(packages, { purpose, hasApt: commandExists('apt-get') }));
  }

  reporter.say(`installing ${packages.length} Debian packages ${purpose}: ${packages.join(' ')}`);

  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const update = await runCommand('apt-get', [...APT_OPTIONS, 'update', '-qq'], { env });
  const install = await runCommand(
    'apt-get',
    [...APT_OPTIONS, 'install', '-qq', '-y', '--no-install-recommends', ...packages],
    { env },
  );

  if (install.status !== 0) {
    process.stderr.write(update.output + install.output);
    throw new UserError(
      `The packages could not be installed ${purpose} (apt-get's messages are above): run ` +
        `\`apt-get update && ${installCommand(packages)}\` and start again.`,
    );
  }
}

/**
 * @param {readonly string[]} packages
 * @param {{ purpose: string, hasApt: boolean }} context
 */
export function askForPackages(packages, { purpose, hasApt }) {
  return hasApt
    ? `Some Debian packages are missing ${purpose}: run \`sudo ${installCommand(packages)}\` and start again.`
    : `Some programs and libraries are missing ${purpose}: install what Debian calls ${packages.join(' ')} ` +
        'and start again.';
}

/** @param {readonly string[]} packages */
function installCommand(packages) {
  return `apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/** @param {string} name */
export function commandExists(name) {
  return findCommand(name) !== undefined;
}

/**
 * The path of a program, as a shell would find it.
 *
 * @param {string} name
 * @param {string} [searchPath]
 */
export function findCommand(name, searchPath = process.env['PATH'] ?? '') {
  return searchPath
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
