#!/usr/bin/env node
/**
 * Checks the documents: that the committed ones are those of the sources, that they are valid, and, with a media server
 * that is started for it, that the Postman collection runs and every answer is as documented.
 *
 *   node tools/api-documents/check.mjs [FILE]    writes what passed and failed to FILE, as JSON
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { Parser } from '@asyncapi/parser';

import { PROJECT_ROOT } from '../../scripts/project-root.mjs';
import { runCommand, stopCommandsOnSignal } from '../run-command.mjs';
import { stepsById } from './collection.mjs';
import { createDocuments } from './documents.mjs';
import { startMediaServer } from './media-server.mjs';
import { runCollection } from './run-collection.mjs';
import { undocumented } from './undocumented.mjs';

const HERE = import.meta.dirname;

stopCommandsOnSignal();

/** @type {{ passed: number, failed: string[] }} */
const counts = { passed: 0, failed: [] };

/**
 * @param {string} name
 * @param {readonly string[]} problems None: it has passed.
 */
const record = (name, problems) => {
  if (problems.length === 0) counts.passed += 1;
  else counts.failed.push(`${name}: ${problems.join('; ')}`);
  console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  for (const problem of problems) console.log(`       ${problem}`);
};

const documents = await createDocuments(PROJECT_ROOT);
for (const [file, text] of Object.entries(documents)) {
  const target = path.join(PROJECT_ROOT, file);
  const committed = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : '';
  record(
    `${file} is what the sources make`,
    committed === text ? [] : ['it is not: run `npm run documents` and commit what it writes'],
  );
}
for (const file of ['docs/openapi.json', 'docs/openapi-gateway.json']) {
  record(`${file} is valid`, await lintOpenApi(documents[file]));
}
for (const file of ['docs/asyncapi.json', 'docs/asyncapi-gateway.json']) {
  record(`${file} is valid`, await parseAsyncApi(documents[file]));
}
await runAgainstServer().catch((error) => record('the collection runs', [String(error)]));

const [, , reportFile] = process.argv;
if (reportFile) fs.writeFileSync(reportFile, JSON.stringify(counts));
console.log(`\n${counts.passed} passed, ${counts.failed.length} failed`);
process.exit(counts.failed.length === 0 ? 0 : 1);

/** @param {string} text */
async function lintOpenApi(text) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-openapi-'));
  const file = path.join(folder, 'openapi.json');
  try {
    fs.writeFileSync(file, text);
    const cli = path.join(HERE, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
    const { output } = await runCommand(
      process.execPath,
      [cli, 'lint', '--config', path.join(HERE, 'redocly.yaml'), '--format', 'stylish', file],
      {
        cwd: folder,
        env: {
          ...process.env,
          REDOCLY_TELEMETRY: 'off',
          REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
          NO_COLOR: '1',
        },
        timeoutMs: 120_000,
      },
    );
    // A warning is a problem here, which the exit status does not tell.
    return /is valid/.test(output) && !/\bwarnings?\b/i.test(output) ? [] : output.trim().split('\n');
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} text */
async function parseAsyncApi(text) {
  const { document, diagnostics } = await new Parser().parse(text);
  const problems = diagnostics
    // 0 is an error and 1 a warning; what is left are hints, as that there is a newer version of AsyncAPI.
    .filter(({ severity }) => severity <= 1)
    .map(({ path: where, message }) => `${where.join('.')}: ${message}`);

  return document || problems.length > 0 ? problems : ['it cannot be parsed'];
}

async function runAgainstServer() {
  const server = await startMediaServer(PROJECT_ROOT);
  try {
    const ran = await runCollection(
      JSON.parse(documents['postman/media-server.postman_collection.json']),
      JSON.parse(documents['postman/local.postman_environment.json']),
      { baseUrl: server.url, metricsUrl: server.metricsUrl, serviceJwtSecret: server.secret },
    );
    counts.passed += ran.passed;
    counts.failed.push(...ran.failed);
    for (const failure of ran.failed) console.log(`FAILED ${failure}`);
    console.log(`ok     ${ran.passed} tests of the Postman collection`);

    const routes = await import(path.join(PROJECT_ROOT, 'shared', 'dist', 'media-routes.js'));
    const errors = await import(path.join(PROJECT_ROOT, 'shared', 'dist', 'errors.js'));
    const steps = stepsById();
    const problems = ran.answers.flatMap(({ item, ...answer }) => {
      const operation = steps.get(item.id)?.operation;
      const route = routes.MEDIA_ROUTES.find(({ operationId }) => operationId === operation);
      return undocumented(answer, route, routes.errorsOf(route), errors).map(
        (text) => `${item.name}: ${text}`,
      );
    });
    record(
      `the ${ran.answers.length} answers are as documented`,
      ran.answers.length > 0 ? problems : ['there are none'],
    );
  } finally {
    await server.stop();
  }
}
