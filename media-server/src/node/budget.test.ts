import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { checkBudget, connectionBudget, neededFiles, openFilesLimit } from './budget.ts';

const limits = (soft: string) =>
  [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    'Max core file size        0                    unlimited            bytes     ',
    `Max open files            ${soft.padEnd(20)} 1048576              files     `,
  ].join('\n');

describe('openFilesLimit', () => {
  it('reads the soft limit', () => {
    expect(openFilesLimit(limits('1024'))).toBe(1024);
    expect(openFilesLimit(limits('unlimited'))).toBe(Infinity);
    expect(openFilesLimit('')).toBeUndefined();
  });

  it('understands this system', () => {
    expect(openFilesLimit(readFileSync('/proc/self/limits', 'utf8'))).toBeGreaterThan(0);
  });
});

describe('checkBudget', () => {
  it('lets pass what fits, or cannot be known', () => {
    checkBudget(2, neededFiles(2));
    checkBudget(100, 1024);
    checkBudget(256, Infinity);
    checkBudget(1);
  });

  it('says in one sentence what does not', () => {
    expect(() => {
      checkBudget(200, 1024);
    }).toThrow(
      'Setting MEDIASOUP_WORKERS cannot be used: 200 of them need up to 1792 open files in a process, and the limit is 1024 (ulimit -n).',
    );
    expect(() => {
      checkBudget(1, 255);
    }).toThrow('MEDIASOUP_WORKERS');
  });
});

it('connections get what workers and the server itself leave of the limit', () => {
  expect(connectionBudget(1, 256)).toBe(184);
  expect(connectionBudget(100, 1_024)).toBeGreaterThanOrEqual(128);
  expect(connectionBudget(1, Infinity)).toBe(Infinity);
});
