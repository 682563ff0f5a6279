import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { buildState, hashSources, listOutputs, readStamp, writeStamp } from './build-stamp.mjs';

let root = '';

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-stamp-'));
});

afterEach(() => fs.rmSync(root, { recursive: true }));

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  fs.writeFileSync(path.join(root, file), text);
}

describe('whether a build has to run', () => {
  const stamp = { sources: 'abc', outputs: { 'dist/a.js': '10 1', 'dist/b.js': '20 1' } };

  test('not if nothing changed', () => {
    expect(buildState(stamp, stamp)).toBe('up to date');
    expect(buildState(stamp, { ...stamp, outputs: { ...stamp.outputs, 'dist/more.js': '1 1' } })).toBe(
      'up to date',
    );
  });

  test('if it never ran, or what it made is gone', () => {
    expect(buildState(undefined, stamp)).toBe('outputs are missing');
    expect(buildState({ sources: 'abc', outputs: {} }, stamp)).toBe('outputs are missing');
    expect(buildState(stamp, { ...stamp, outputs: { 'dist/a.js': '10 1' } })).toBe('outputs are missing');
  });

  test('if the sources changed, or someone else has written what it made', () => {
    expect(buildState(stamp, { ...stamp, sources: 'abd' })).toBe('changed');
    expect(buildState(stamp, { ...stamp, outputs: { ...stamp.outputs, 'dist/a.js': '10 2' } })).toBe(
      'changed',
    );
  });
});

describe('the hash of the sources', () => {
  test('is of names and contents, not of dates or results', () => {
    write('a/src/one.ts', '1');
    write('config.json', '{}');
    const hash = () => hashSources(root, ['config.json', 'a', 'not-there']);
    const first = hash();

    write('a/dist/one.js', '1');
    write('a/node_modules/x/index.js', '1');
    write('a/tsconfig.tsbuildinfo', '1');
    fs.utimesSync(path.join(root, 'config.json'), 1, 1);
    expect(hash()).toBe(first);

    write('a/src/one.ts', '2');
    const second = hash();
    expect(second).not.toBe(first);

    fs.renameSync(path.join(root, 'a/src/one.ts'), path.join(root, 'a/src/two.ts'));
    expect(hash()).not.toBe(second);
  });
});

test('a stamp is kept, and a broken one is none', () => {
  write('dist/deep/a.js', '12345');
  const stamp = { sources: 'abc', outputs: listOutputs(root, ['dist', 'not-there']) };
  const file = path.join(root, '.cache', 'stamp.json');
  writeStamp(file, stamp);

  expect(Object.keys(stamp.outputs)).toEqual(['dist/deep/a.js']);
  expect(readStamp(file)).toEqual(stamp);
  fs.writeFileSync(file, '{');
  expect(readStamp(file)).toBeUndefined();
});
