/**
 * Where finished workers are kept: outside the checkout, so that `npm ci`, `git clean` and a second clone do not cost
 * another build.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const RECIPE_FOLDER = path.dirname(fileURLToPath(import.meta.url));
/** What decides on the binary; not what decides when to build it. */
const RECIPE_FILES = ['build.sh', 'speedup.py', 'overlay'];

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} home
 */
export function cacheFolder(env, home) {
  if (env['MEDIASOUP_WORKER_CACHE']) return path.resolve(env['MEDIASOUP_WORKER_CACHE']);
  // The XDG specification says to ignore a relative path.
  const xdg = env['XDG_CACHE_HOME'];
  const base = xdg && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache');

  return path.join(base, 'crossfade', 'mediasoup-worker');
}

/**
 * @typedef {object} Platform
 * @property {string} platform
 * @property {string} arch
 * @property {string} distribution As in `debian-12`.
 */

/** @returns {Platform} */
export function thisPlatform() {
  let release = '';
  try {
    release = fs.readFileSync('/etc/os-release', 'utf8');
  } catch {
    // Not Linux, or a very small one.
  }
  return { platform: process.platform, arch: process.arch, distribution: distributionOf(release) };
}

/**
 * What is compiled here is linked against the libraries of one release of one distribution.
 *
 * @param {string} osRelease The contents of /etc/os-release.
 */
export function distributionOf(osRelease) {
  /** @param {string} name */
  const value = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(osRelease)?.[1];
  const id = value('ID') ?? 'unknown';
  const version = value('VERSION_ID') ?? value('VERSION_CODENAME');

  return [id, version]
    .filter(Boolean)
    .join('-')
    .replaceAll(/[^\w.-]/g, '_');
}

/**
 * The folder names of the two kinds of worker for one version of mediasoup.
 *
 * @param {string} version
 * @param {string} recipe
 * @param {Platform} platform
 */
export function cacheKeys(version, recipe, { platform, arch, distribution }) {
  return {
    // Upstream's binary is the same on every distribution that can run it.
    prebuilt: `${version}-${platform}-${arch}-prebuilt`,
    built: `${version}-${platform}-${arch}-${distribution}-${recipe}`,
  };
}

/**
 * A fingerprint of the recipe: a changed recipe makes another worker.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} [folder]
 */
export function recipeHash(env, folder = RECIPE_FOLDER) {
  const hash = createHash('sha256');

  for (const file of RECIPE_FILES.flatMap((name) => filesIn(folder, name)).sort()) {
    hash.update(`${file}\0`).update(fs.readFileSync(path.join(folder, file)));
  }
  // Which libsrtp to link is a setting of the build that changes its result.
  hash.update(`SRTP=${env['SRTP'] || 'auto'}`);

  return hash.digest('hex').slice(0, 12);
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {string[]}
 */
function filesIn(folder, name) {
  const full = path.join(folder, name);
  if (!fs.statSync(full).isDirectory()) return [name];

  return fs.readdirSync(full).flatMap((entry) => filesIn(folder, path.posix.join(name, entry)));
}

/** @param {NodeJS.ProcessEnv} env */
export function defaultCacheFolder(env) {
  return cacheFolder(env, os.homedir());
}
