/**
 * Makes sure that there is a mediasoup-worker that runs here, and tells where:
 *
 *     node tools/mediasoup-worker/ensure-worker.mjs
 *
 * In this order: MEDIASOUP_WORKER_BIN; what was downloaded or built before; upstream's prebuilt binary; a build from
 * the C++ source in the npm package.
 *
 * Environment, all optional:
 *   MEDIASOUP_WORKER_BIN        use this one, and no other
 *   MEDIASOUP_WORKER_CACHE      where to keep finished workers
 *   MEDIASOUP_WORKER_DOWNLOAD   0: never download
 *   MEDIASOUP_WORKER_BUILD      0: never build
 *   MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL   a mirror of upstream's releases (mediasoup's own variable)
 *   SRTP, JOBS, SCRATCH ...     see build.sh
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

import { findNode } from '../find-node.mjs';
import { withLock } from '../lock-file.mjs';
import { createReporter } from '../reporter.mjs';
import { runCommand, stopCommandsOnSignal } from '../run-command.mjs';
import { runMain, UserError } from '../user-error.mjs';
import { buildWorker } from './build-worker.mjs';
import { downloadWorker, prebuiltUrl } from './download-worker.mjs';
import { findMediasoup, runsHere } from './worker-binary.mjs';
import { cacheKeys, defaultCacheFolder, recipeHash, thisPlatform } from './worker-cache.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const BINARY = process.platform === 'win32' ? 'mediasoup-worker.exe' : 'mediasoup-worker';

/**
 * @param {object} options
 * @param {string} options.projectRoot
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.node A Node that mediasoup runs on, to try a new worker with.
 * @param {import('../reporter.mjs').Reporter} options.reporter
 * @returns {Promise<string>} The path of the worker.
 */
export async function ensureWorker({ projectRoot, env, node, reporter }) {
  const given = env['MEDIASOUP_WORKER_BIN'];
  if (given) {
    const file = path.resolve(given);
    if (runsHere(file)) return file;
    throw new UserError(
      `MEDIASOUP_WORKER_BIN is ${given}, which ${fs.existsSync(file) ? 'is not a mediasoup worker that runs here' : 'does not exist'}: ` +
        'correct it, or unset it to have one downloaded or built.',
    );
  }

  const mediasoup = findMediasoup(projectRoot);
  const cache = defaultCacheFolder(env);
  const keys = cacheKeys(mediasoup.version, recipeHash(env), thisPlatform());
  const prebuilt = path.join(cache, keys.prebuilt, BINARY);
  const built = path.join(cache, keys.built, BINARY);
  const find = () => [built, prebuilt].find(runsHere);

  const found = find();
  if (found) return found;

  makeFolder(path.dirname(built), cache);

  return withLock(
    path.join(cache, `${keys.built}.lock`),
    async () => {
      // Whoever held the lock before has made it.
      const made = find();
      if (made) return made;

      if (env['MEDIASOUP_WORKER_DOWNLOAD'] !== '0') {
        const url = prebuiltUrl(mediasoup, env);
        reporter.say(
          `no mediasoup worker ${mediasoup.version} yet: looking for a prebuilt one at ${new URL(url).host}`,
        );
        makeFolder(path.dirname(prebuilt), cache);
        const problem = (await downloadWorker(url, prebuilt)) ?? (await tryOut(prebuilt));
        if (!problem) return prebuilt;
        fs.rmSync(path.dirname(prebuilt), { recursive: true, force: true });
        reporter.say(`no prebuilt one: ${problem}`);
      }

      if (env['MEDIASOUP_WORKER_BUILD'] === '0') {
        throw new UserError(
          'There is no mediasoup worker and MEDIASOUP_WORKER_BUILD=0 forbids to compile it: ' +
            'unset that, or set MEDIASOUP_WORKER_BIN to one that you have.',
        );
      }

      reporter.say('compiling it from source, once; this takes two to five minutes');
      await buildWorker({ mediasoup, target: built, node, reporter });
      return built;
    },
    { onWait: (owner) => reporter.say(`${owner} is preparing the mediasoup worker: waiting for it`) },
  );

  /**
   * A whole handshake and RTP, because a worker can run and still die with the first browser (see README.md).
   *
   * @param {string} worker
   */
  async function tryOut(worker) {
    const test = await runCommand(node, [path.join(HERE, 'smoke-test.mjs'), mediasoup.folder, worker], {
      timeoutMs: 60_000,
    });
    return test.status === 0 ? undefined : `it does not work here (${lastLine(test.output)})`;
  }
}

/** @param {string} output */
function lastLine(output) {
  return output.trim().split('\n').at(-1) ?? '';
}

/**
 * @param {string} folder
 * @param {string} cache
 */
function makeFolder(folder, cache) {
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new UserError(
      `${cache}, where the mediasoup worker is kept, cannot be written (${code}): ` +
        'set MEDIASOUP_WORKER_CACHE to a folder that can.',
    );
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  stopCommandsOnSignal();
  await runMain(async () => {
    const projectRoot = path.resolve(HERE, '..', '..');
    // Standard output is for the path.
    const reporter = createReporter(process.stderr, '');

    console.log(
      await ensureWorker({ projectRoot, env: process.env, node: await findNode(projectRoot), reporter }),
    );
  });
}
