import { describe, expect, test } from '@jest/globals';

import { runCommand, splitLines } from './run-command.mjs';

test('lines are put together from chunks', () => {
  /** @type {string[]} */
  const lines = [];
  const splitter = splitLines((line) => lines.push(line));
  for (const chunk of ['on', 'e\ntwo\r\nthr', 'ee', '\n\nlast']) splitter.push(chunk);
  splitter.end();

  expect(lines).toEqual(['one', 'two', 'three', '', 'last']);
});

describe('a command', () => {
  test('gives its status and what it wrote', async () => {
    /** @type {string[]} */
    const lines = [];
    const result = await runCommand('sh', ['-c', 'echo out; echo err >&2; exit 3'], {
      onLine: (line) => lines.push(line),
    });

    expect(result.status).toBe(3);
    expect(result.output.split('\n').sort()).toEqual(['', 'err', 'out']);
    expect(lines.sort()).toEqual(['err', 'out']);
  });

  test('can be ended for what it says', async () => {
    const result = await runCommand('sh', ['-c', 'echo good; echo bad; sleep 600'], {
      onLine: (line, end) => line === 'bad' && end(),
    });

    expect(result).toMatchObject({ status: 137, timedOut: false, output: 'good\nbad\n' });
  });

  test('that does not exist is a status, too', async () => {
    expect((await runCommand('crossfade-no-such-program', [])).status).toBe(127);
  });

  test('that takes too long is ended with what it started', async () => {
    const result = await runCommand('sh', ['-c', 'sleep 600 & wait'], { timeoutMs: 100 });

    expect(result).toMatchObject({ status: 137, timedOut: true });
  });
});
