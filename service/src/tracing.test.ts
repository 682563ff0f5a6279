import { expect, it } from '@jest/globals';
import { inSpan, startRequestSpan, startTracing } from './tracing.ts';

it('is nothing at all without a collector', async () => {
  let loaded = false;
  const stop = await startTracing({
    service: 'test',
    endpoint: undefined,
    instrumentations: () => {
      loaded = true;
      return Promise.resolve([]);
    },
  });
  expect(loaded).toBe(false);
  expect(startRequestSpan('GET', {})).toBeUndefined();
  const work = Promise.resolve(1);
  expect(inSpan('work', () => work)).toBe(work);
  await stop();
});
