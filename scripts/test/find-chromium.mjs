/** The browser that the browser tests and the measurements drive. */
import * as fs from 'node:fs';

import { findCommand } from '../../tools/debian-packages.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {(name: string) => string | undefined} [find]
 * @returns {string | undefined}
 */
export function findChromium(env, find = findCommand) {
  const given = env['CHROMIUM_BIN'];
  if (given) return fs.existsSync(given) ? given : undefined;

  for (const name of NAMES) {
    const file = find(name);
    if (file) return file;
  }
  return undefined;
}

/**
 * Why there is none, and how to get one.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function chromiumAdvice(env) {
  return env['CHROMIUM_BIN']
    ? `CHROMIUM_BIN is ${env['CHROMIUM_BIN']}, which does not exist`
    : 'Chromium is missing; it comes with `sudo apt-get install chromium`';
}
