/** The file behind a command of an npm package, to run it with the Node of our choice. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { UserError } from '../../tools/user-error.mjs';

/**
 * @param {string} from The project, or the workspace that depends on the package.
 * @param {string} name
 * @param {string} command
 */
export function packageBin(from, name, command) {
  for (let folder = from; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    const home = path.join(folder, 'node_modules', name);
    const manifest = path.join(home, 'package.json');
    if (!fs.existsSync(manifest)) continue;
    const { bin } = JSON.parse(fs.readFileSync(manifest, 'utf8'));

    return path.join(home, typeof bin === 'string' ? bin : bin[command]);
  }

  throw new UserError(`The npm package ${name} is not installed: run \`npm ci\` and start again.`);
}
