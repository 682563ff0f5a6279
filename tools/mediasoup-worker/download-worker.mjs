/**
 * Upstream's prebuilt worker. Its own install script would wait for a host that does not answer as long as the system
 * does, which is minutes, and then fetch half a compiler with pip; this gives up after seconds.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { runCommand } from '../run-command.mjs';
import { runsHere } from './worker-binary.mjs';

const ANSWER_TIMEOUT_MS = 4_000;
const DOWNLOAD_TIMEOUT_MS = 60_000;

/**
 * @param {import('./worker-binary.mjs').MediasoupPackage} mediasoup
 * @param {NodeJS.ProcessEnv} env
 * @param {{ platform: string, arch: string, release: string }} [kernel]
 */
export function prebuiltUrl(mediasoup, env, { platform, arch, release } = thisKernel()) {
  const base = env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] || mediasoup.releases;
  const kernel = platform === 'linux' ? `-kernel${release.split('.')[0]}` : '';

  return `${base}/${mediasoup.version}/mediasoup-worker-${mediasoup.version}-${platform}-${arch}${kernel}.tgz`;
}

function thisKernel() {
  return { platform: os.platform(), arch: os.arch(), release: os.release() };
}

/**
 * @param {string} url
 * @param {string} target The file to create; it is there only if the worker runs on this machine.
 * @returns {Promise<string | undefined>} Why there is none, or nothing if there is.
 */
export async function downloadWorker(url, target) {
  const scratch = fs.mkdtempSync(path.join(path.dirname(target), 'download-'));

  try {
    const archive = path.join(scratch, 'worker.tgz');
    const problem = await fetchFile(url, archive);
    if (problem) return problem;

    const unpack = await runCommand('tar', ['-xzf', archive, '-C', scratch]);
    if (unpack.status !== 0) return 'the archive cannot be unpacked';

    const binary = path.join(scratch, path.basename(target));
    if (!fs.existsSync(binary)) return `the archive has no ${path.basename(target)}`;
    fs.chmodSync(binary, 0o755);
    if (!runsHere(binary)) return 'the downloaded worker does not run on this system';

    fs.renameSync(binary, target);
    return undefined;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} url
 * @param {string} file
 * @returns {Promise<string | undefined>}
 */
async function fetchFile(url, file) {
  const { host } = new URL(url);

  try {
    // Whatever it answers: only to know soon whether there is anybody.
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });

    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (response.status === 404) return 'upstream has none for this system';
    if (!response.ok) return `${host} answered with status ${response.status}`;

    fs.writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
    return undefined;
  } catch (error) {
    return `${host} cannot be reached (${reasonOf(error)})`;
  }
}

/** @param {any} error */
function reasonOf(error) {
  return error?.name === 'TimeoutError' ? 'no answer in time' : (error?.cause?.code ?? error?.message);
}
