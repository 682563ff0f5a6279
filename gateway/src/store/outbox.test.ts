import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { RecordEntry } from '../calls/events.ts';
import { Outbox } from './outbox.ts';

const entry = (n: number): RecordEntry => ({ type: 'call-ended', recordId: `r${n}`, at: n });

test('writes in order, one at a time', async () => {
  const written: string[] = [];
  let busy = false;
  const outbox = new Outbox(async (one) => {
    expect(busy).toBe(false);
    busy = true;
    await Promise.resolve();
    written.push((one as { recordId: string }).recordId);
    busy = false;
  }, silentLog);
  for (let n = 0; n < 5; n += 1) outbox.add(entry(n));
  expect(await outbox.flush(1_000)).toBe(true);
  expect(written).toEqual(['r0', 'r1', 'r2', 'r3', 'r4']);
});

test('tries again until it is written, and loses and doubles nothing', async () => {
  const written: RecordEntry[] = [];
  let failures = 2;
  const outbox = new Outbox((one) => {
    if (failures > 0) {
      failures -= 1;
      return Promise.reject(new Error('the database is away'));
    }
    written.push(one);
    return Promise.resolve();
  }, silentLog);
  outbox.add(entry(1));
  outbox.add(entry(2));
  expect(await outbox.flush(5_000)).toBe(true);
  expect(written).toEqual([entry(1), entry(2)]);
});

test('what is added while it finishes is written as well', async () => {
  const written: RecordEntry[] = [];
  const outbox: Outbox = new Outbox((one) => {
    written.push(one);
    return Promise.resolve();
  }, silentLog);
  for (let n = 0; n < 20; n += 1) {
    outbox.add(entry(n));
    await Promise.resolve();
  }
  await outbox.flush(1_000);
  expect(written).toHaveLength(20);
});

test('closing ends the tries', async () => {
  const outbox = new Outbox(() => Promise.reject(new Error('gone for good')), silentLog);
  outbox.add(entry(1));
  await outbox.close(50);
  expect(outbox.waiting).toBe(1);
});
