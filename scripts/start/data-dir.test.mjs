import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { otherDataDir } from './data-dir.mjs';

let parent = '';
beforeEach(() => {
  parent = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-data-'));
});
afterEach(() => fs.rmSync(parent, { recursive: true }));

/**
 * @param {string} name
 * @param {string} lock
 */
function lockFolder(name, lock) {
  fs.mkdirSync(path.join(parent, name));
  fs.writeFileSync(path.join(parent, name, 'gateway.lock'), lock);
}

test('a folder that nobody uses is kept', () => {
  const folder = path.join(parent, '.data');
  expect(otherDataDir(folder)).toBeUndefined();
  lockFolder('.data', '999999999 5 left-behind');
  expect(otherDataDir(folder)).toBeUndefined();
});

test('beside one that is in use the next free one is proposed', () => {
  lockFolder('.data', `${process.pid} 1 x`);
  lockFolder('.data-2', `${process.pid} 1 x`);
  expect(otherDataDir(path.join(parent, '.data'))).toBe(path.join(parent, '.data-3'));
});
