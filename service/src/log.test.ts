import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, jest, test } from '@jest/globals';
import type { Logger } from 'winston';
import { createLog, loggable, type LogOptions } from './log.ts';

test('an error keeps its message, code and cause', () => {
  const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E1' });
  const written = JSON.parse(JSON.stringify({ error }, loggable)) as { error: Record<string, unknown> };
  expect(written.error).toMatchObject({ message: 'outer', code: 'E1', cause: { message: 'inner' } });
});

test.each([
  'token',
  'accessToken',
  'authorization',
  'password',
  'icePassword',
  'sessionId',
  'SERVICE_JWT_SECRET',
  'SERVICE_JWT_KEYS',
  'credential',
])('what is called %s is not written, and the caller’s object stays as it is', (name) => {
  const details = { nested: { [name]: 'hush' } };
  expect(JSON.stringify(details, loggable)).toBe(JSON.stringify({ nested: { [name]: '[redacted]' } }));
  expect(details.nested[name]).toBe('hush');
});

test.each([
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_ in a text', 'jwt [redacted] in a text'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
  ['GET /x?a=1&token=abc&b=2', 'GET /x?a=1&token=[redacted]&b=2'],
  ['eyes and bearers stay', 'eyes and bearers stay'],
])('%j is written without what is secret in it', (text, written) => {
  expect(JSON.parse(JSON.stringify({ error: new Error(text) }, loggable))).toMatchObject({
    error: { message: written },
  });
});

const NAME = 'Eve\r\n2026 ERROR forged \u001b[2J\u0000\u009b31m\u2028\u202e\ud800 {"level":"error"}';

/** What is written for this, to the console and to the file. */
async function written(options: Pick<LogOptions, 'format'>, details: object): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'log-'));
  const file = path.join(folder, 'log');
  const shown: unknown[] = [];
  const console_ = console as unknown as { _stdout: { write: (text: unknown) => boolean } };
  const spy = jest.spyOn(console_._stdout, 'write').mockImplementation((text) => shown.push(text) > 0);
  const log = createLog({ service: 's', level: 'info', file, ...options }) as Logger;
  log.info('joined', details);
  log.end();
  await once(log, 'finish');
  while (!existsSync(file) || readFileSync(file, 'utf8') === '') await setTimeout(10);
  spy.mockRestore();
  const inFile = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  return shown.join('') + inFile;
}

test.each(['json', 'pretty'] as const)(
  '%s: a name with line breaks and terminal codes stays on one line',
  async (format) => {
    const lines = (await written({ format }, { name: NAME })).trim().split('\n');
    expect(lines.map((line) => line.includes('joined'))).toEqual([true, true]);
    // eslint-disable-next-line no-control-regex -- that is what must not be in there
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e\ud800]/);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ level: 'info', message: 'joined', name: NAME });
  },
);

test.each(['json', 'pretty'] as const)('%s: no secret is written', async (format) => {
  const details = { token: 'hush', deep: { icePassword: 'hush' }, url: '/x?token=hush' };
  expect(await written({ format }, details)).not.toContain('hush');
  expect(details).toEqual({ token: 'hush', deep: { icePassword: 'hush' }, url: '/x?token=hush' });
});
