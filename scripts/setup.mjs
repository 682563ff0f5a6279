#!/usr/bin/env node
/** `npm run setup`: installs, builds, and says what is there. `npm start` and `npm test` do the same by themselves. */
import { createReporter } from '../tools/reporter.mjs';
import { stopCommandsOnSignal } from '../tools/run-command.mjs';
import { runMain } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';
import { setUp } from './setup/set-up.mjs';

stopCommandsOnSignal();

await runMain(async () => {
  const reporter = createReporter(process.stdout, 'setup | ');
  const { node, workerBin } = await setUp({ projectRoot: PROJECT_ROOT, env: process.env, reporter });

  reporter.say(`ready, with ${node} and ${workerBin}`);
});
