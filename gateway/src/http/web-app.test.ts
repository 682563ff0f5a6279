import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHttp, finishHttp } from '@crossfade/service/http';
import { silentLog } from '@crossfade/service/log';
import { SettingError } from '@crossfade/service/settings';
import type { Express } from 'express';
import { Registry } from 'prom-client';
import request from 'supertest';
import { pagePolicy, webApp } from './web-app.ts';

let root: string;
let app: Express;

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'web-'));
  mkdirSync(path.join(root, 'assets'));
  writeFileSync(path.join(root, 'index.html'), '<title>the app</title>');
  writeFileSync(path.join(root, 'assets', 'app-1a2b.js'), '1;');
  mkdirSync(path.join(root, 'sdk'));
  writeFileSync(path.join(root, 'sdk', 'crossfade.js'), 'export {};');
  app = createHttp({
    log: silentLog,
    registry: new Registry(),
    bodyLimitBytes: 100,
    helmet: { contentSecurityPolicy: pagePolicy },
  });
  app.use(webApp(root));
  finishHttp(app, { log: silentLog });
});
afterAll(() => rmSync(root, { recursive: true }));

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test.each(['/', '/call/amber-river-42', '/call/%E0%A4%A'])(
  '%s is the app, never from a cache, and loads only from here',
  async (url) => {
    const response = await request(app).get(url).set(browser);
    expect(response.status).toBe(200);
    expect(response.text).toContain('the app');
    expect(response.headers).toMatchObject({ 'cache-control': 'no-cache' });
    expect(response.headers['content-security-policy']).toContain("default-src 'self'");
  },
);

test('what is named by its content is cached for good', async () => {
  const response = await request(app).get('/assets/app-1a2b.js');
  expect(response.headers['cache-control']).toContain('immutable');
});

test('pages of any site may load the SDK, and nothing else', async () => {
  const sdk = await request(app).get('/sdk/crossfade.js').set('origin', 'https://elsewhere.example');
  expect([sdk.status, sdk.type]).toEqual([200, 'text/javascript']);
  expect(sdk.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  });
  const asset = await request(app).get('/assets/app-1a2b.js').set('origin', 'https://elsewhere.example');
  expect(asset.headers).not.toHaveProperty('access-control-allow-origin');
});

test('an unknown address is the app’s page for a browser, and a problem document for a program', async () => {
  const page = await request(app).get('/no/such/page').set(browser);
  expect([page.status, page.type]).toEqual([404, 'text/html']);
  const problem = await request(app).get('/no/such/page').set('accept', 'application/json');
  expect([problem.status, problem.type]).toEqual([404, 'application/problem+json']);
  const broken = await request(app).get('/%E0%A4%A').set('accept', 'application/json');
  expect(broken.body).toMatchObject({ status: 404, code: 'route-not-found' });
  const api = await request(app).get('/api/nothing').set(browser);
  expect([api.status, api.type]).toEqual([404, 'application/problem+json']);
});

test('a folder without a built app is refused in one sentence', () => {
  expect(() => webApp('/nope')).toThrow(
    new SettingError(
      'Setting WEB_ROOT cannot be used: there is no built web app in /nope; build it, or set WEB_ROOT=none.',
    ),
  );
});
