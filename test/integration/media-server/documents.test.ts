/** The documents are there for anyone, as they are committed, and the page to read them needs nobody else. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import request from 'supertest';
import { startHarness, type Harness } from './harness.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

const get = async (path: string) => request(harness.url).get(path);

test.each(['openapi.json', 'asyncapi.json'])(
  '%s is served without a token, as it is committed',
  async (name) => {
    const response = await get(`/api/${name}`);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    const committed = readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
    expect(response.body).toEqual(JSON.parse(committed));
  },
);

test('the page and its files come from this server only', async () => {
  const redirect = await get('/docs');
  expect([redirect.status, redirect.headers['location']]).toEqual([302, 'docs/']);

  const page = await get('/docs/');
  expect(page.status).toBe(200);
  expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//);
  // No script in the page: the policy would have to allow any.
  expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  const files = [...page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files).toContain('swagger-ui-bundle.js');
  for (const file of files) expect([file, (await get(`/docs/${file}`)).status]).toEqual([file, 200]);

  const policy = page.headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('upgrade-insecure-requests');
});

test('the policy of everything else is as strict as it was', async () => {
  expect((await get('/health')).headers['content-security-policy']).toContain("script-src 'self'");
  expect((await get('/health')).headers['content-security-policy']).not.toContain('unsafe-eval');
});

test.each(['index.html', 'package.json', 'swagger-initializer.js', '..%2fpackage.json', 'nothing'])(
  'there is no %s',
  async (file) => {
    expectProblem(await get(`/docs/${file}`), 'route-not-found');
  },
);

test('what is tried needs a token all the same', async () => {
  expectProblem(await get('/api/rooms'), 'unauthenticated');
});
