import { expect, test } from '@jest/globals';

import { npmCommand } from './install-packages.mjs';

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
