import { expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import type { Pruning } from './records.ts';
import { Retention } from './retention.ts';

const DAY_MS = 86_400_000;

function retention(left: number, days: { recordDays: number; chatDays: number }) {
  const asked: Pruning[] = [];
  const records = {
    prune: (pruning: Pruning) => {
      asked.push(pruning);
      const pruned = Math.min(left, pruning.limit);
      left -= pruned;
      return Promise.resolve(pruned);
    },
  };
  return { asked, made: new Retention({ records, ...days, log: silentLog, now: () => 100 * DAY_MS }) };
}

test('deletes what is older than the days, little by little', async () => {
  const { asked, made } = retention(1_200, { recordDays: 30, chatDays: 7 });
  expect(await made.run()).toBe(1_200);
  const pruning = { callsBefore: 70 * DAY_MS, chatBefore: 93 * DAY_MS, limit: 500 };
  expect(asked).toEqual([pruning, pruning, pruning, pruning]);
});

test('zero days are for ever', async () => {
  const { asked, made } = retention(0, { recordDays: 0, chatDays: 1 });
  await made.run();
  expect(asked).toMatchObject([{ callsBefore: null, chatBefore: 99 * DAY_MS }]);
  const never = retention(5, { recordDays: 0, chatDays: 0 });
  never.made.start();
  await never.made.close();
  expect(never.asked).toEqual([]);
});

test('a database that is away is for the next time', async () => {
  const records = { prune: () => Promise.reject(new Error('away')) };
  const made = new Retention({ records, recordDays: 1, chatDays: 1, log: silentLog });
  expect(await made.run()).toBe(0);
});
