#!/usr/bin/env node
/** `npm run bench`: sets up and runs bench/main.ts, which Node runs as it is. The arguments are for it. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { createReporter } from '../tools/reporter.mjs';
import { runCommand, stopCommandsOnSignal } from '../tools/run-command.mjs';
import { runMain, UserError } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';
import { setUp } from './setup/set-up.mjs';
import { findChromium } from './test/find-chromium.mjs';

stopCommandsOnSignal();

await runMain(async () => {
  const main = path.join(PROJECT_ROOT, 'bench', 'main.ts');
  if (!fs.existsSync(main))
    throw new UserError('There is no bench/main.ts in this checkout, so nothing to measure.');

  const reporter = createReporter(process.stdout, 'setup | ');
  const { node, workerBin } = await setUp({ projectRoot: PROJECT_ROOT, env: process.env, reporter });
  const chromium = findChromium(process.env);
  const { status } = await runCommand(node, [main, ...process.argv.slice(2)], {
    cwd: PROJECT_ROOT,
    env: {
      ...process.env,
      MEDIASOUP_WORKER_BIN: workerBin,
      ...(chromium && { CHROMIUM_BIN: chromium }),
    },
    inherit: true,
  });

  return status;
});

process.exit();
