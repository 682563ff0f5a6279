import * as fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { isAbandoned, withLock } from './lock-file.mjs';

let file = '';

beforeEach(() => {
  file = path.join(fs.mkdtempSync(path.join(tmpdir(), 'crossfade-lock-')), 'lock');
});

afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }));

const delay = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('one after the other', async () => {
  /** @type {string[]} */
  const events = [];
  const work = (/** @type {string} */ name) => () =>
    withLock(file, async () => {
      events.push(`${name} begins`);
      await delay(50);
      events.push(`${name} ends`);
    });
  await Promise.all([work('a')(), work('b')()]);

  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  expect(fs.existsSync(file)).toBe(false);
});

test('it is released when the work fails', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(file, async () => 'yes')).toBe('yes');
});

test('the one who waits is told for whom', async () => {
  /** @type {string[]} */
  const owners = [];
  const first = withLock(file, () => delay(50));
  await withLock(file, async () => {}, { onWait: (owner) => owners.push(owner) });
  await first;

  expect(owners).toEqual([`process ${process.pid}`]);
});

test('the lock of a process that is gone does not count', async () => {
  // Beyond what Linux gives out.
  fs.writeFileSync(file, `4194305 ${hostname()}\n`);

  expect(await withLock(file, async () => 'mine')).toBe('mine');
});

describe('a lock is abandoned', () => {
  const here = { now: 1_000_000, host: 'here', isAlive: (/** @type {number} */ pid) => pid === 1 };

  test.each([
    ['its owner lives', { pid: 1, host: 'here', touchedAt: 990_000 }, false],
    ['its owner is gone', { pid: 2, host: 'here', touchedAt: 990_000 }, true],
    ['its owner is elsewhere', { pid: 2, host: 'there', touchedAt: 990_000 }, false],
    [
      'its owner elsewhere has not touched it for a minute',
      { pid: 2, host: 'there', touchedAt: 930_000 },
      true,
    ],
    ['it has only just been created', { pid: 0, host: '', touchedAt: 999_999 }, false],
  ])('%s', (_what, holder, expected) => {
    expect(isAbandoned(holder, here)).toBe(expected);
  });
});
