/** The committed API documents are those of the sources, and all that is said of errors is the same. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ERROR_CATALOGUE, errorCodes, type ErrorCode } from '@crossfade/shared/errors';
import { createAsyncApi as createGatewayAsyncApi } from '../../gateway/src/docs/asyncapi.ts';
import { createOpenApi as createGatewayOpenApi } from '../../gateway/src/docs/openapi.ts';
import { createAsyncApi } from '../../media-server/src/docs/asyncapi.ts';
import { createOpenApi } from '../../media-server/src/docs/openapi.ts';
import { readText } from './deployment-files.ts';

interface OpenApi {
  components: { schemas: { Problem: { properties: { code: { enum: string[] } } } } };
  'x-errors': { code: ErrorCode }[];
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readText('media-server/package.json')) as { version: string };
const openApi = createOpenApi({ version }) as OpenApi;
const gatewayOpenApi = createGatewayOpenApi({ version }) as OpenApi;
const written = openApi['x-errors'].map(({ code }) => code);

/** The text of every source file below a folder, tests left out. */
function sourcesIn(folder: string): string {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => !file.startsWith('docs/'))
    .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8'))
    .join('\n');
}

const codesIn = (folder: string): ErrorCode[] => {
  const text = sourcesIn(folder);
  return errorCodes.filter((code) => text.includes(`'${code}'`));
};

test.each([
  ['docs/openapi.json', openApi],
  ['docs/asyncapi.json', createAsyncApi({ version })],
  ['docs/openapi-gateway.json', gatewayOpenApi],
  ['docs/asyncapi-gateway.json', createGatewayAsyncApi({ version })],
])('%s is what the sources make; if not: npm run documents', (file, document) => {
  expect(JSON.parse(readText(file))).toEqual(JSON.parse(JSON.stringify(document)));
});

describe('errors', () => {
  test('docs/protocol.md has the catalogue', () => {
    const rows = [
      ...readText('docs/protocol.md').matchAll(/^\| `([a-z-]+)` +\| (\d+) +\| (\w+) +\| (.+?) +\|$/gm),
    ];
    expect(rows.map(([, ...cells]) => cells)).toEqual(
      Object.entries(ERROR_CATALOGUE).map(([code, { status, retryable, title }]) => [
        code,
        String(status),
        retryable ? 'yes' : 'no',
        title,
      ]),
    );
  });

  test('OpenAPI says of each code what the catalogue says', () => {
    expect(openApi.components.schemas.Problem.properties.code.enum).toEqual(errorCodes);
    expect(openApi['x-errors']).toEqual(written.map((code) => ({ code, ...ERROR_CATALOGUE[code] })));
  });

  test('the gateway says the same of them', () => {
    expect(gatewayOpenApi.components.schemas.Problem.properties.code.enum).toEqual(errorCodes);
    for (const entry of gatewayOpenApi['x-errors'])
      expect(entry).toEqual({ code: entry.code, ...ERROR_CATALOGUE[entry.code] });
    const thrown = codesIn('gateway/src/http').concat(codesIn('gateway/src/limits'));
    const told = gatewayOpenApi['x-errors'].map(({ code }) => code);
    expect(thrown.length).toBeGreaterThan(2);
    // Over sockets only.
    expect(thrown.filter((code) => !told.includes(code))).toEqual(['quota-exceeded']);
  });

  test('OpenAPI has every code that the media server can answer with', () => {
    const thrown = new Set([...codesIn('media-server/src'), ...codesIn('service/src')]);
    expect(thrown.size).toBeGreaterThan(15);
    expect([...thrown].filter((code) => !written.includes(code))).toEqual([]);
  });
});
