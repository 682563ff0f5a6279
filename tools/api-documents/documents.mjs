/** The committed documents: which files, and what has to be in them. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { createCollection, createEnvironment } from './collection.mjs';

/**
 * @param {string} projectRoot Of a project that is built.
 * @returns {Promise<Record<string, string>>} By path below the root.
 */
export async function createDocuments(projectRoot) {
  const built = (/** @type {string} */ file) => path.join(projectRoot, 'media-server', 'dist', 'docs', file);
  const { createOpenApi } = await import(built('openapi.js'));
  const { createAsyncApi } = await import(built('asyncapi.js'));
  const { version } = JSON.parse(
    fs.readFileSync(path.join(projectRoot, 'media-server', 'package.json'), 'utf8'),
  );
  const openApi = createOpenApi({ version });

  return Object.fromEntries(
    Object.entries({
      'docs/openapi.json': openApi,
      'docs/asyncapi.json': createAsyncApi({ version }),
      'postman/media-server.postman_collection.json': await createCollection(openApi),
      'postman/local.postman_environment.json': createEnvironment(),
    }).map(([file, document]) => [file, `${JSON.stringify(document, undefined, 2)}\n`]),
  );
}
