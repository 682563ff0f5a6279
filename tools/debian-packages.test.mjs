import { expect, test } from '@jest/globals';

import { askForPackages, findCommand } from './debian-packages.mjs';

test('the command to run is complete', () => {
  expect(askForPackages(['g++', 'meson'], { purpose: 'to compile the worker', hasApt: true })).toBe(
    'Some Debian packages are missing to compile the worker: run ' +
      '`sudo apt-get install --no-install-recommends g++ meson` and start again.',
  );
});

test('elsewhere there is no command to give', () => {
  const text = askForPackages(['g++', 'meson'], { purpose: 'to compile the worker', hasApt: false });

  expect(text).toContain('install what Debian calls g++ meson');
  expect(text).not.toContain('apt-get');
});

test('programs are found as a shell finds them', () => {
  expect(findCommand('sh', '/nowhere:/bin:/usr/bin')).toBe('/bin/sh');
  expect(findCommand('sh', '/nowhere')).toBeUndefined();
  expect(findCommand('bin', '/usr')).toBeUndefined();
});
