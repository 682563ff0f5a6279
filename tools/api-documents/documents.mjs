/** The committed documents: which files, and what has to be in them. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { createCollection, createEnvironment } from './collection.mjs';

/**
 * @param {string} projectRoot Of a project that is built.
 * @returns {Promise<Record<string, string>>} By path below the root.
 */
export async function createDocuments(projectRoot) {
  const mediaServer = await documentsOf(projectRoot, 'media-server');
  const gateway = await documentsOf(projectRoot, 'gateway');

  return Object.fromEntries(
    Object.entries({
      'docs/openapi.json': mediaServer.openApi,
      'docs/asyncapi.json': mediaServer.asyncApi,
      'docs/openapi-gateway.json': gateway.openApi,
      'docs/asyncapi-gateway.json': gateway.asyncApi,
      'postman/media-server.postman_collection.json': await createCollection(mediaServer.openApi),
      'postman/local.postman_environment.json': createEnvironment(),
    }).map(([file, document]) => [file, `${JSON.stringify(document, undefined, 2)}\n`]),
  );
}

/**
 * @param {string} projectRoot
 * @param {string} service
 * @returns {Promise<{ openApi: any, asyncApi: any }>}
 */
async function documentsOf(projectRoot, service) {
  const built = (/** @type {string} */ file) => path.join(projectRoot, service, 'dist', 'docs', file);
  const { createOpenApi } = await import(built('openapi.js'));
  const { createAsyncApi } = await import(built('asyncapi.js'));
  const { version } = JSON.parse(fs.readFileSync(path.join(projectRoot, service, 'package.json'), 'utf8'));

  return { openApi: createOpenApi({ version }), asyncApi: createAsyncApi({ version }) };
}
