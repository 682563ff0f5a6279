#!/usr/bin/env node
/** `npm run token -- --service`: a token for the media server, to try it by hand. */
import * as path from 'node:path';

import { runMain } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';
import { readDotEnv } from './start/dot-env.mjs';
import { mergeEnvironments } from './start/environment.mjs';
import { parseTokenArguments, USAGE } from './token/arguments.mjs';
import { serviceSecret } from './token/secret.mjs';
import { serviceToken } from './token/service-token.mjs';

await runMain(async () => {
  const { help, ...token } = parseTokenArguments(process.argv.slice(2));
  if (help) {
    console.log(USAGE);
    return;
  }

  const env = mergeEnvironments(process.env, readDotEnv(PROJECT_ROOT));
  const dataDir = path.resolve(PROJECT_ROOT, env['DATA_DIR'] ?? '.data');
  const secret = serviceSecret(env, dataDir);
  console.log(serviceToken({ secret, issuer: env['JWT_ISSUER'] ?? 'crossfade' }, token, Date.now()));
});
