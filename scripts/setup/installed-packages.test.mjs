import { describe, expect, test } from '@jest/globals';

import { countPackages, holdsAllPackages } from './installed-packages.mjs';

const machine = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const wanted = {
  packages: {
    '': { version: '1.0.0' },
    shared: { version: '1.0.0' },
    'node_modules/@crossfade/shared': { link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'web/node_modules/a': { version: '2.0.0', integrity: 'sha512-a2' },
  },
};
const installed = {
  packages: {
    'node_modules/@crossfade/shared': { link: true },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'web/node_modules/a': { version: '2.0.0', integrity: 'sha512-a2' },
  },
};

/** @param {Record<string, import('./installed-packages.mjs').LockEntry>} more */
const wantedWith = (more) => ({ packages: { ...wanted.packages, ...more } });

describe('whether everything is installed', () => {
  test('it is', () => {
    expect(holdsAllPackages(wanted, installed, machine)).toBe(true);
  });

  test('another version, another content, one more', () => {
    const a = { version: '1.0.1', integrity: 'sha512-a' };
    expect(holdsAllPackages(wantedWith({ 'node_modules/a': a }), installed, machine)).toBe(false);
    const tampered = { version: '1.0.0', integrity: 'sha512-b' };
    expect(holdsAllPackages(wantedWith({ 'node_modules/a': tampered }), installed, machine)).toBe(false);
    expect(holdsAllPackages(wantedWith({ 'node_modules/b': { version: '1.0.0' } }), installed, machine)).toBe(
      false,
    );
  });

  test.each([
    ['another system', 'node_modules/b-darwin', { os: ['darwin'], cpu: ['x64'] }],
    ['another processor', 'node_modules/b-arm64', { os: ['linux'], cpu: ['arm64'] }],
    ['another processor, as a word', 'node_modules/b-arm64', { os: 'linux', cpu: 'arm64' }],
    ['another libc', 'node_modules/b-x', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['another libc, by its name', 'node_modules/b-linux-x64-musl', { os: ['linux'], cpu: ['x64'] }],
    ['a part of one for another system', 'node_modules/b', {}],
  ])('what is optional and for %s may be absent', (_what, key, entry) => {
    expect(holdsAllPackages(wantedWith({ [key]: { optional: true, ...entry } }), installed, machine)).toBe(
      true,
    );
  });

  test('what is optional and for this system may not', () => {
    const entry = { optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] };
    expect(holdsAllPackages(wantedWith({ 'node_modules/b': entry }), installed, machine)).toBe(false);
  });
});

test('what has to be fetched', () => {
  const darwin = { optional: true, os: ['darwin'] };

  expect(countPackages(wantedWith({ 'node_modules/b-darwin': darwin }), machine)).toBe(2);
});
