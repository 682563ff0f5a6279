/** Looking at a mediasoup-worker binary, and at the npm package it belongs to. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { UserError } from '../user-error.mjs';

/** The worker's way to say that it was not started by mediasoup: it has found its libraries and runs. */
const NOT_STARTED_BY_MEDIASOUP = 41;

/** @param {string} file */
export function runsHere(file) {
  return (
    fs.existsSync(file) &&
    spawnSync(file, { env: {}, stdio: 'ignore', timeout: 10_000 }).status === NOT_STARTED_BY_MEDIASOUP
  );
}

/**
 * @typedef {object} MediasoupPackage
 * @property {string} folder
 * @property {string} version
 * @property {string} releases Where upstream publishes prebuilt workers.
 */

/**
 * @param {string} projectRoot
 * @returns {MediasoupPackage}
 */
export function findMediasoup(projectRoot) {
  // npm puts it in the workspace only if two workspaces want different versions.
  for (const parent of [path.join(projectRoot, 'media-server'), projectRoot]) {
    const folder = path.join(parent, 'node_modules', 'mediasoup');
    const manifest = path.join(folder, 'package.json');
    if (!fs.existsSync(manifest)) continue;

    const { version, repository } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
    const repositoryUrl = String(repository.url)
      .replace(/^git\+/, '')
      .replace(/\.git$/, '');

    return { folder, version, releases: `${repositoryUrl}/releases/download` };
  }

  throw new UserError('The npm package mediasoup is not installed: run `npm ci` first.');
}
