import { expect, test } from '@jest/globals';

import { npmCommand, withoutEngineWarnings } from './install-packages.mjs';

test('the npm that runs us is the one to install with', () => {
  expect(npmCommand({ npm_execpath: '/x/npm/bin/npm-cli.js' })).toEqual([
    process.execPath,
    '/x/npm/bin/npm-cli.js',
  ]);
});

test('without npm, or under another package manager, it is the one in the PATH', () => {
  expect(npmCommand({})).toEqual(['npm']);
  expect(npmCommand({ npm_execpath: '/x/yarn.js' })).toEqual(['npm']);
});

test('warnings about the version of Node are left out, errors are not', () => {
  const output = [
    'npm warn EBADENGINE Unsupported engine {',
    'npm WARN EBADENGINE }',
    'npm error code EUSAGE',
    'npm warn deprecated x@1',
  ].join('\n');

  expect(withoutEngineWarnings(output)).toBe('npm error code EUSAGE\nnpm warn deprecated x@1');
});
