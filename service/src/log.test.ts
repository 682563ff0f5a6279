import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { createLog, loggable } from './log.ts';

test('an error keeps its message, code and cause', () => {
  const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E1' });
  const written = JSON.parse(JSON.stringify({ error }, loggable)) as { error: Record<string, unknown> };
  expect(written.error).toMatchObject({ message: 'outer', code: 'E1', cause: { message: 'inner' } });
});

test.each(['token', 'authorization', 'password', 'sessionId', 'SERVICE_JWT_SECRET', 'credential'])(
  'what is called %s is not written, and the caller’s object stays as it is',
  (name) => {
    const details = { nested: { [name]: 'hush' } };
    expect(JSON.stringify(details, loggable)).toBe(JSON.stringify({ nested: { [name]: '[redacted]' } }));
    expect(details.nested[name]).toBe('hush');
  },
);

test('a name with line breaks and terminal codes stays on one line', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'log-'));
  const file = path.join(folder, 'log');
  const log = createLog({ service: 's', level: 'info', format: 'json', file });
  log.info('joined', { name: 'Eve\r\n2026 ERROR forged \u001b[2J\u0000' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message: 'joined', service: 's' });
  expect(lines[0]).not.toContain('\u001b');
  rmSync(folder, { recursive: true });
});
