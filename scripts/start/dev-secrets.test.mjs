import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { devSecrets } from './dev-secrets.mjs';

let dataDir = '';

beforeEach(() => {
  dataDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-secrets-')), 'data');
});

afterEach(() => fs.rmSync(path.dirname(dataDir), { recursive: true }));

test('two different secrets of 48 bytes, which survive a restart', () => {
  const first = devSecrets(dataDir);

  expect(Buffer.from(first.service, 'base64url')).toHaveLength(48);
  expect(Buffer.from(first.user, 'base64url')).toHaveLength(48);
  expect(first.service).not.toBe(first.user);
  expect(devSecrets(dataDir)).toEqual(first);
});

test('only we can read them', () => {
  devSecrets(dataDir);

  expect(fs.statSync(path.join(dataDir, 'dev-secrets.json')).mode & 0o777).toBe(0o600);
  expect(fs.readdirSync(dataDir)).toEqual(['dev-secrets.json']);
});

test.each(['', '{', '{"service":"only one"}', 'null'])(
  'a damaged file (%s) is not overwritten',
  (content) => {
    fs.mkdirSync(dataDir);
    fs.writeFileSync(path.join(dataDir, 'dev-secrets.json'), content);

    expect(() => devSecrets(dataDir)).toThrow('dev-secrets.json is damaged: delete it');
    expect(fs.readFileSync(path.join(dataDir, 'dev-secrets.json'), 'utf8')).toBe(content);
  },
);

test('a DATA_DIR that cannot be one', () => {
  fs.writeFileSync(dataDir, 'a file');

  expect(() => devSecrets(dataDir)).toThrow('set DATA_DIR to another folder');
});

(fs.existsSync('/proc/self') ? test : test.skip)('a DATA_DIR where no folder can be made', () => {
  expect(() => devSecrets('/proc/nothing/data')).toThrow('set DATA_DIR to another folder');
});
