/** Everything between a fresh clone and something that can run. The second time it takes a fraction of a second. */
import * as path from 'node:path';

import { findNode } from '../../tools/find-node.mjs';
import { withLock } from '../../tools/lock-file.mjs';
import { ensureWorker } from '../../tools/mediasoup-worker/ensure-worker.mjs';
import { buildProject } from './build-project.mjs';
import { installPackages } from './install-packages.mjs';

/**
 * @typedef {object} Context
 * @property {string} projectRoot
 * @property {NodeJS.ProcessEnv} env
 * @property {import('../../tools/reporter.mjs').Reporter} reporter
 */

/**
 * @param {Context} context
 * @returns {Promise<{ node: string, workerBin: string }>}
 */
export async function setUp(context) {
  const node = await prepareNode(context);
  const workerBin = await ensureWorker({ ...context, node });
  await build({ ...context, node });

  return { node, workerBin };
}

/**
 * @param {Context} context
 * @returns {Promise<string>} A Node to run the product with.
 */
export async function prepareNode(context) {
  await alone(context, () => installPackages(context));

  return findNode(context.projectRoot);
}

/** @param {Context & { node: string }} context */
export async function build(context) {
  await alone(context, () => buildProject(context));
}

/**
 * `npm start` and `npm test` at once must not both install, nor both write dist/.
 *
 * @template T
 * @param {Context} context
 * @param {() => Promise<T>} work
 */
function alone({ projectRoot, reporter }, work) {
  return withLock(path.join(projectRoot, '.cache', 'setup.lock'), work, {
    onWait: (owner) => reporter.say(`${owner} is setting up the same checkout: waiting for it`),
  });
}
