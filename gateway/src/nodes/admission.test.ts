import { expect, test } from '@jest/globals';
import { Admission } from './admission.ts';

test('a few at a time, the others one after the other, and no more than can be waited for', async () => {
  const admission = new Admission();
  let open = 0;
  let most = 0;
  const work = async () => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setImmediate(resolve));
    open -= 1;
  };
  const results = await Promise.allSettled(Array.from({ length: 210 }, () => admission.run(work)));
  const refused = results.filter(({ status }) => status === 'rejected');
  expect(most).toBe(6);
  expect(refused).toHaveLength(4);
  expect(refused[0]).toMatchObject({ reason: { code: 'no-capacity' } });
});

test('one that fails makes room for the next', async () => {
  const admission = new Admission();
  const failures = Array.from({ length: 20 }, () =>
    admission.run(() => Promise.reject(new Error('no'))).catch(() => undefined),
  );
  await Promise.all(failures);
  expect(await admission.run(() => Promise.resolve('yes'))).toBe('yes');
});
