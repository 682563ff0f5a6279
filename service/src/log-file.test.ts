import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LogFile } from './log-file.ts';
import { createLog } from './log.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'log-file-'));
  file = path.join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(where = file) {
  const failures: string[] = [];
  const log = new LogFile({ file: where, setting: 'LOG_FILE', onFailed: (why) => failures.push(why) });
  return { log, failures };
}
const ended = async (log: LogFile) => {
  log.end();
  await once(log, 'finish');
};

test('lines are appended, in order, and are there when it has ended', async () => {
  writeFileSync(file, 'before\n');
  const { log } = open();
  for (let line = 0; line < 1_000; line += 1) log.write(`${String(line)}\n`);
  await ended(log);
  const lines = Array.from({ length: 1_000 }, (_, line) => `${String(line)}\n`);
  expect(readFileSync(file, 'utf8')).toBe(`before\n${lines.join('')}`);
});

test('folders above it are made', async () => {
  const { log } = open(path.join(folder, 'a', 'b', 'log'));
  await ended(log);
  expect(readFileSync(path.join(folder, 'a', 'b', 'log'), 'utf8')).toBe('');
});

test.each([
  ['/tmp', 'EISDIR'],
  ['/proc/nope/log', 'ENOENT'],
  ['/dev/null/log', 'EEXIST'],
])('%s is refused in one sentence (%s)', (where, code) => {
  expect(() => open(where)).toThrow(`Setting LOG_FILE cannot be used: ${where} cannot be written (${code}).`);
});

test('a full disk is told once, and takes no memory', async () => {
  const { log, failures } = open('/dev/full');
  for (let line = 0; line < 100; line += 1) {
    log.write('x'.repeat(1_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended(log);
  expect([failures, log.writableLength]).toEqual([['ENOSPC'], 0]);
});

test('a disk that hangs costs a bounded amount of memory, and is told once', () => {
  const { log, failures } = open();
  // Nothing is written before this turn of the event loop is over.
  for (let line = 0; line < 100; line += 1) log.write('x'.repeat(1_000_000));
  expect(failures).toEqual(['it takes no more']);
  log.destroy();
});

test('SIGHUP opens it anew: after it was moved away, and after it failed', async () => {
  symlinkSync('/dev/full', file);
  const { log, failures } = open();
  log.write('lost\n');
  while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve));
  rmSync(file);
  process.emit('SIGHUP');
  log.write('one\n');
  renameSync(file, `${file}.1`);
  process.emit('SIGHUP');
  log.write('two\n');
  await ended(log);
  expect([readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8'), failures]).toEqual([
    'one\ntwo\n',
    ['ENOSPC'],
  ]);
  expect(process.listeners('SIGHUP')).toEqual([]);
});

test('a log whose file is full goes on to standard output, and says so there', async () => {
  const shown: string[] = [];
  const console_ = console as unknown as { _stdout: { write: (text: string) => boolean } };
  const spy = jest.spyOn(console_._stdout, 'write').mockImplementation((text) => shown.push(text) > 0);
  const log = createLog({ service: 's', level: 'info', format: 'json', file: '/dev/full' });
  for (let line = 0; line < 444; line += 1) {
    log.info(`line ${String(line)} ${'x'.repeat(200)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  spy.mockRestore();
  process.removeAllListeners('SIGHUP');
  expect(shown.filter((text) => text.includes('"line '))).toHaveLength(444);
  expect(shown.filter((text) => text.includes('LOG_FILE'))).toHaveLength(1);
});
