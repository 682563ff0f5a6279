/** What service tokens are signed with. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { UserError } from '../../tools/user-error.mjs';
import { devSecrets } from '../start/dev-secrets.mjs';

/**
 * The secret of the settings, or else the one that `npm start` made. Never makes one: no media server would know it.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} dataDir
 */
export function serviceSecret(env, dataDir) {
  if (env['SERVICE_JWT_SECRET']) return env['SERVICE_JWT_SECRET'];
  if (fs.existsSync(path.join(dataDir, 'dev-secrets.json'))) return devSecrets(dataDir).service;
  throw new UserError(
    'There is no secret to sign with: set SERVICE_JWT_SECRET to that of the media server, or run `npm start` once, which makes one.',
  );
}
