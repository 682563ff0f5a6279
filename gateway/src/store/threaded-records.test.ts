import { expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import { isRefused } from './database-errors.ts';
import { ThreadedRecords } from './threaded-records.ts';

/** A thread that answers what it was asked, refuses, or ends without an answer. */
const THREAD = `
const { parentPort, threadId, workerData } = require('node:worker_threads');
parentPort.on('message', ({ id, method, args }) => {
  if (method === 'prune') process.exit(1);
  const failure = {
    find: { kind: 'coded', code: 'records-unavailable', message: 'away' },
    write: { kind: 'database', message: 'no', refused: args[0]?.length > 0 },
  }[method];
  parentPort.postMessage(failure ? { id, ok: false, failure } : { id, ok: true, value: [threadId, method, ...args, workerData.callsRun] });
});
parentPort.postMessage({ id: 0, ok: true });
`;
const entry = (code: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(code.replace(/const (.*) = require\((.*)\);/, 'import $1 from $2;'))}`,
  );

test('what the thread answers is told, and what it refuses, and whether the values are to blame', async () => {
  let closed = false;
  const records = await ThreadedRecords.open(
    'folder',
    () => Promise.resolve().then(() => void (closed = true)),
    entry(THREAD),
  );
  expect(await records.unfinished('r1', 2)).toEqual([expect.any(Number), 'unfinished', 'r1', 2, false]);
  await expect(records.find('c')).rejects.toEqual(new CodedError('records-unavailable', 'away'));
  const refusedWith = (entries: []) => records.write(entries).then(() => null, isRefused);
  expect([await refusedWith([]), await refusedWith([1] as unknown as [])]).toEqual([false, true]);
  await records.close();
  expect(closed).toBe(true);
});

test('a thread that ends lets nobody wait for ever, and another one goes on', async () => {
  const records = await ThreadedRecords.open('folder', () => Promise.resolve(), entry(THREAD));
  const [before] = (await records.unfinished(null, 1)) as unknown as [number];
  await expect(records.prune({ callsBefore: null, chatBefore: null, limit: 1 })).rejects.toThrow('has ended');
  const [after, ...told] = (await records.unfinished(null, 1)) as unknown as [number, ...unknown[]];
  expect(after).not.toBe(before);
  // Calls may be running by now: it comes after them from the beginning.
  expect(told.at(-1)).toBe(true);
  await records.close();
});

test('a thread that cannot open its database says why', async () => {
  const broken = entry("throw new Error('no such folder');");
  await expect(ThreadedRecords.open('folder', () => Promise.resolve(), broken)).rejects.toThrow(
    'no such folder',
  );
});
