#!/usr/bin/env node
/**
 * `npm run start -w media-server` and `npm run start -w gateway`: one built service in the foreground, with the settings of
 * the environment and of `.env`, on a Node that is recent enough and with a worker from the cache.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { findNode } from '../tools/find-node.mjs';
import { ensureWorker } from '../tools/mediasoup-worker/ensure-worker.mjs';
import { createReporter } from '../tools/reporter.mjs';
import { runMain, UserError } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';

await runMain(async () => {
  const name = process.argv[2] ?? '';
  const entry = path.join(PROJECT_ROOT, name, 'dist', 'main.js');
  if (!fs.existsSync(entry)) throw new UserError(`There is no built ${name}: run \`npm run setup\` first.`);

  const node = await findNode(PROJECT_ROOT);
  const env = { ...process.env };
  if (name === 'media-server') {
    const reporter = createReporter(process.stdout, 'setup | ');
    env.MEDIASOUP_WORKER_BIN = await ensureWorker({ projectRoot: PROJECT_ROOT, env, node, reporter });
  }

  // A group of its own: a Ctrl-C must reach the service only, for a mediasoup worker ends at once on one.
  const child = spawn(node, [entry], {
    env,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
});
