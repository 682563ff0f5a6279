import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { cacheFolder, cacheKeys, distributionOf, recipeHash } from './worker-cache.mjs';

describe('the folder', () => {
  test('is the one that is set', () => {
    expect(cacheFolder({ MEDIASOUP_WORKER_CACHE: '/a', XDG_CACHE_HOME: '/b' }, '/home/me')).toBe('/a');
  });

  test('or in the cache of the person', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/b' }, '/home/me')).toBe('/b/crossfade/mediasoup-worker');
    expect(cacheFolder({}, '/home/me')).toBe('/home/me/.cache/crossfade/mediasoup-worker');
    expect(cacheFolder({ XDG_CACHE_HOME: 'relative' }, '/home/me')).toBe(
      '/home/me/.cache/crossfade/mediasoup-worker',
    );
  });
});

describe('the key', () => {
  const debian = { platform: 'linux', arch: 'x64', distribution: 'debian-12' };

  test('of a build has everything that it depends on', () => {
    expect(cacheKeys('3.27.1', 'abc', debian).built).toBe('3.27.1-linux-x64-debian-12-abc');
  });

  test('of a download has no distribution and no recipe', () => {
    expect(cacheKeys('3.27.1', 'abc', debian).prebuilt).toBe('3.27.1-linux-x64-prebuilt');
  });
});

test.each([
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION="12"\nID=debian\n', 'debian-12'],
  ['ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', 'ubuntu-24.04'],
  ['ID=debian\nVERSION_CODENAME=forky\n', 'debian-forky'],
  ['ID="../../x"\n', '.._.._x'],
  ['', 'unknown'],
])('the distribution of %j is %s', (release, expected) => {
  expect(distributionOf(release)).toBe(expected);
});

test('the recipe is what decides on the binary', () => {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'crossfade-recipe-'));
  try {
    for (const file of ['build.sh', 'speedup.py']) fs.writeFileSync(path.join(folder, file), file);
    fs.mkdirSync(path.join(folder, 'overlay', 'deep'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'overlay', 'deep', 'meson.build'), '1');
    const first = recipeHash({}, folder);

    fs.writeFileSync(path.join(folder, 'README.md'), 'more');
    expect(recipeHash({}, folder)).toBe(first);
    expect(recipeHash({ SRTP: 'system' }, folder)).not.toBe(first);
    fs.writeFileSync(path.join(folder, 'overlay', 'deep', 'meson.build'), '2');
    expect(recipeHash({}, folder)).not.toBe(first);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});
