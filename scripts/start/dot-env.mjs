/** The settings of the file `.env`. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as util from 'node:util';

import { UserError } from '../../tools/user-error.mjs';

/** @param {string} projectRoot */
export function readDotEnv(projectRoot) {
  const file = path.join(projectRoot, '.env');
  if (!fs.existsSync(file)) return {};
  if (!util.parseEnv) {
    throw new UserError(
      `Reading .env needs Node 20.12 or later and this is ${process.version}: install Node 24.`,
    );
  }
  return util.parseEnv(fs.readFileSync(file, 'utf8'));
}
