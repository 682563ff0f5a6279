import { expect, it } from '@jest/globals';
import { inSpan, startRequestSpan, startTracing, traceIdOf } from './tracing.ts';

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

it.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '0af7651916cd43dd8448eb211c80319c'],
  // A later version may have more to say.
  ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', '0af7651916cd43dd8448eb211c80319c'],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', undefined],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"', undefined],
  [undefined, undefined],
])('takes the id of the trace from the traceparent %s', (traceparent, traceId) => {
  expect(traceIdOf(traceparent === undefined ? {} : { traceparent })).toBe(traceId);
});
