/** Runs build.sh: shows its progress, and gets the packages that it misses. */
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

import { installDebianPackages } from '../debian-packages.mjs';
import { runCommand } from '../run-command.mjs';
import { UserError } from '../user-error.mjs';

const SCRIPT = path.join(path.dirname(fileURLToPath(import.meta.url)), 'build.sh');
const PACKAGES_MISSING = 3;

/**
 * @param {object} options
 * @param {import('./worker-binary.mjs').MediasoupPackage} options.mediasoup
 * @param {string} options.target
 * @param {string} options.node A Node that mediasoup runs on, for the final test.
 * @param {import('../reporter.mjs').Reporter} options.reporter
 */
export async function buildWorker({ mediasoup, target, node, reporter }) {
  if (process.platform !== 'linux') {
    throw new UserError(
      'There is no mediasoup worker for this system and it can be compiled on Linux only: ' +
        'set MEDIASOUP_WORKER_BIN to one that you have.',
    );
  }

  const result = await runBuild();
  if (result.missing.length === 0) return failUnlessBuilt(result);

  await installDebianPackages(result.missing, {
    purpose: 'to compile the mediasoup worker',
    reporter,
  });

  const second = await runBuild();
  if (second.missing.length > 0) {
    throw new UserError(
      `The mediasoup worker cannot be compiled: ${second.missing.join(', ')} was installed but is not found.`,
    );
  }
  failUnlessBuilt(second);

  async function runBuild() {
    /** @type {string[]} */
    let missing = [];

    const { status } = await runCommand('bash', [SCRIPT, mediasoup.folder, target], {
      env: { ...process.env, NODE: node },
      onLine(line) {
        const step = parseProgress(line);
        if (step) reporter.progress('compiling', step.done, step.total);
        else if (line.startsWith('missing ')) missing = line.split(' ').slice(1);
        else if (line) reporter.say(line);
      },
    });

    return { status, missing: status === PACKAGES_MISSING ? missing : [] };
  }
}

/** @param {{ status: number }} result */
function failUnlessBuilt({ status }) {
  if (status === 0) return;
  throw new UserError(
    'The mediasoup worker could not be compiled, for the reason above: ' +
      'set MEDIASOUP_WORKER_BIN to one that you have, or see docs/troubleshooting.md.',
  );
}

/**
 * Reads `compiling 12/53`.
 *
 * @param {string} line
 * @returns {{ done: number, total: number } | undefined}
 */
export function parseProgress(line) {
  const match = /^compiling (\d+)\/(\d+)$/.exec(line);

  return match ? { done: Number(match[1]), total: Number(match[2]) } : undefined;
}
