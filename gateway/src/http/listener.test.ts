import { expect, test } from '@jest/globals';
import { readConfig } from '../config.ts';
import { listeningUrl } from './listener.ts';

test.each([
  ['127.0.0.1', 'http://127.0.0.1:3000'],
  ['0.0.0.0', 'http://localhost:3000'],
  ['::', 'http://localhost:3000'],
  ['::1', 'http://[::1]:3000'],
])('with HOST=%s it is reached at %s', (HOST, url) => {
  const secrets = { SERVICE_JWT_SECRET: 's'.repeat(32), USER_JWT_SECRET: 'u'.repeat(32) };
  expect(listeningUrl(readConfig({ ...secrets, HOST }), 3000)).toBe(url);
});
