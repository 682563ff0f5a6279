/** The step `documents`: the API documents are those of the sources, valid, and true of a server that runs. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { runCommand } from '../../tools/run-command.mjs';
import { hasDocumentTools, installDocumentTools } from '../setup/document-tools.mjs';

const SKIPPED =
  'the API documents and the Postman collection (their tools are missing; `npm run documents` installs them)';

/**
 * Installs the tools where nobody could: with CI=true.
 *
 * @param {import('./steps.mjs').Context} context
 * @returns {Promise<import('./steps.mjs').Counts>}
 */
export async function checkDocuments(context) {
  const { projectRoot, node, env } = context;
  if (/^(true|1)$/i.test(env['CI'] ?? '')) await installDocumentTools(context);
  if (!hasDocumentTools(projectRoot)) {
    console.log(`Skipped: ${SKIPPED}.`);
    return { passed: 0, failed: [], skipped: [SKIPPED] };
  }

  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-documents-'));
  const file = path.join(folder, 'counts.json');
  try {
    const { status } = await runCommand(
      node,
      [path.join(projectRoot, 'tools', 'api-documents', 'check.mjs'), file],
      { cwd: projectRoot, env, inherit: true },
    );
    return readCounts(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined, status);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string | undefined} text What the check has written.
 * @param {number} status Its exit status.
 * @returns {import('./steps.mjs').Counts}
 */
export function readCounts(text, status) {
  if (text === undefined) {
    return { passed: 0, failed: [`the check ended with status ${status} and without a result`], skipped: [] };
  }
  const { passed, failed } = JSON.parse(text);
  if (status !== 0 && failed.length === 0) failed.push(`the check ended with status ${status}`);

  return { passed, failed, skipped: [] };
}
