/**
 * Remembers what a build was made from and what it made, to tell whether it has to run again. By content for the
 * sources, because git gives files new dates; by size and date for the results, because only a build writes those.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Folders that hold no sources. */
const NO_SOURCES = new Set(['node_modules', 'dist', 'dist-types', 'coverage', 'artifacts']);

/**
 * @typedef {object} Stamp
 * @property {string} sources
 * @property {Record<string, string>} outputs
 */

/**
 * @typedef {'up to date' | 'changed' | 'outputs are missing'} BuildState
 */

/**
 * @param {Stamp | undefined} stamp
 * @param {Stamp} now
 * @returns {BuildState}
 */
export function buildState(stamp, now) {
  if (!stamp || Object.keys(stamp.outputs).length === 0) return 'outputs are missing';
  if (Object.keys(stamp.outputs).some((file) => !(file in now.outputs))) return 'outputs are missing';

  const sameOutputs = Object.entries(stamp.outputs).every(([file, seen]) => now.outputs[file] === seen);
  return stamp.sources === now.sources && sameOutputs ? 'up to date' : 'changed';
}

/**
 * @param {string} root
 * @param {readonly string[]} entries Files and folders, relative to the root; those that do not exist count as empty.
 */
export function hashSources(root, entries) {
  const hash = createHash('sha256');
  for (const file of entries.flatMap((entry) => sourcesIn(root, entry))) {
    hash.update(`${file}\0`).update(
      createHash('sha256')
        .update(fs.readFileSync(path.join(root, file)))
        .digest(),
    );
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {string} entry
 * @returns {string[]}
 */
function sourcesIn(root, entry) {
  const stats = fs.statSync(path.join(root, entry), { throwIfNoEntry: false });
  if (stats?.isFile()) return entry.endsWith('.tsbuildinfo') ? [] : [entry];
  if (!stats?.isDirectory()) return [];

  return fs
    .readdirSync(path.join(root, entry))
    .filter((name) => !NO_SOURCES.has(name))
    .sort()
    .flatMap((name) => sourcesIn(root, `${entry}/${name}`));
}

/**
 * @param {string} root
 * @param {readonly string[]} entries Files and folders; those that do not exist count as empty.
 * @returns {Record<string, string>}
 */
export function listOutputs(root, entries) {
  /** @type {Record<string, string>} */
  const outputs = {};

  /** @param {string} file */
  const add = (file) => {
    const stats = fs.statSync(path.join(root, file), { throwIfNoEntry: false });
    if (stats?.isFile()) outputs[file] = `${stats.size} ${stats.mtimeMs}`;
    if (stats?.isDirectory())
      for (const name of fs.readdirSync(path.join(root, file))) add(`${file}/${name}`);
  };
  for (const entry of entries) add(entry);

  return outputs;
}

/**
 * @param {string} file
 * @returns {Stamp | undefined}
 */
export function readStamp(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} file
 * @param {Stamp} stamp
 */
export function writeStamp(file, stamp) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, JSON.stringify(stamp));
  fs.renameSync(`${file}.new`, file);
}
