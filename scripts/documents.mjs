#!/usr/bin/env node
/** `npm run documents`: makes the API documents and the Postman collection anew, from the schemas. */
import * as path from 'node:path';

import { createReporter } from '../tools/reporter.mjs';
import { runCommand, stopCommandsOnSignal } from '../tools/run-command.mjs';
import { runMain } from '../tools/user-error.mjs';
import { PROJECT_ROOT } from './project-root.mjs';
import { installDocumentTools } from './setup/document-tools.mjs';
import { build, prepareNode } from './setup/set-up.mjs';

stopCommandsOnSignal();

await runMain(async () => {
  const context = {
    projectRoot: PROJECT_ROOT,
    env: process.env,
    reporter: createReporter(process.stdout, 'setup | '),
  };
  const node = await prepareNode(context);
  await build({ ...context, node });
  await installDocumentTools(context);

  const generate = path.join(PROJECT_ROOT, 'tools', 'api-documents', 'generate.mjs');
  const { status } = await runCommand(node, [generate], {
    cwd: PROJECT_ROOT,
    env: process.env,
    inherit: true,
  });
  return status;
});

process.exit();
