import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { RecordEntry } from '../calls/events.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

const entry = (n: number): RecordEntry => ({
  type: 'call-ended',
  recordId: `r${n}`,
  at: n,
  decisions: [],
});
const numbers = (entries: readonly RecordEntry[]) => entries.map((one) => (one as { at: number }).at);

/** A database's answer to values it does not take: SQLSTATE 22021, as Drizzle wraps it. */
function refusal(): Error {
  const cause = Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), {
    code: '22021',
  });
  return Object.assign(new Error('Failed query: … params: hush', { cause }), { params: ['hush'] });
}

function outbox(write: OutboxOptions['write'], options: Partial<OutboxOptions> = {}): Outbox {
  return new Outbox({ write, log: silentLog, ...options });
}

test('writes in order, together what came together, one write at a time', async () => {
  const written: number[][] = [];
  let busy = false;
  const box = outbox(async (entries) => {
    expect(busy).toBe(false);
    busy = true;
    await Promise.resolve();
    written.push(numbers(entries));
    busy = false;
  });
  for (let n = 0; n < 5; n += 1) box.add(entry(n));
  expect(await box.flush(1_000)).toBe(true);
  expect(written).toEqual([[0, 1, 2, 3, 4]]);
});

test('tries again until it is written, and loses and doubles nothing', async () => {
  const written: RecordEntry[] = [];
  let failures = 2;
  const box = outbox((entries) => {
    if (failures > 0) {
      failures -= 1;
      return Promise.reject(new Error('the database is away'));
    }
    written.push(...entries);
    return Promise.resolve();
  });
  box.add(entry(1));
  box.add(entry(2));
  expect(await box.flush(5_000)).toBe(true);
  expect(written).toEqual([entry(1), entry(2)]);
});

test('what is added while it finishes is written as well', async () => {
  const written: RecordEntry[] = [];
  const box: Outbox = outbox((entries) => {
    written.push(...entries);
    return Promise.resolve();
  });
  for (let n = 0; n < 20; n += 1) {
    box.add(entry(n));
    await Promise.resolve();
  }
  await box.flush(1_000);
  expect(written).toHaveLength(20);
});

test('what the database never takes is set aside, and all others are written in order', async () => {
  const written: number[] = [];
  const logged: unknown[] = [];
  const lost: string[] = [];
  const box = outbox(
    (entries) => {
      if (entries.some((one) => (one as { at: number }).at % 100 === 37)) return Promise.reject(refusal());
      written.push(...numbers(entries));
      return Promise.resolve();
    },
    {
      log: { ...silentLog, error: (...line: unknown[]) => logged.push(line) } as unknown as typeof silentLog,
      onLost: (why) => lost.push(why),
    },
  );
  const all = Array.from({ length: 1_000 }, (_, n) => n);
  for (const n of all) box.add(entry(n));
  expect(await box.flush(5_000)).toBe(true);
  expect(written).toEqual(all.filter((n) => n % 100 !== 37));
  expect(lost).toEqual(Array.from({ length: 10 }, () => 'refused'));
  expect(logged).toHaveLength(10);
  expect(JSON.stringify(logged)).toContain('"recordId":"r37"');
  // What people wrote is not in it.
  expect(JSON.stringify(logged)).not.toContain('hush');
});

test('a database that is away is not taken for one that refuses', async () => {
  let answers = 0;
  const box = outbox(() => {
    answers += 1;
    // 57P03: the database system is starting up.
    const starting = Object.assign(new Error('starting up'), { code: '57P03' });
    return answers < 3 ? Promise.reject(starting) : Promise.resolve();
  });
  box.add(entry(1));
  expect(await box.flush(5_000)).toBe(true);
  expect(answers).toBe(3);
});

test('does not grow beyond its bound', async () => {
  const lost: string[] = [];
  const box = outbox(() => Promise.reject(new Error('away')), {
    maxWaiting: 10,
    onLost: (why) => lost.push(why),
  });
  for (let n = 0; n < 15; n += 1) box.add(entry(n));
  expect(box.waiting).toBe(10);
  expect(lost).toEqual(Array.from({ length: 5 }, () => 'full'));
  await box.close(10);
});

test('closing ends the tries', async () => {
  const box = outbox(() => Promise.reject(new Error('gone for good')));
  box.add(entry(1));
  await box.close(50);
  expect(box.waiting).toBe(1);
});
