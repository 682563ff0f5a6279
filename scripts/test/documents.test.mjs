import { expect, test } from '@jest/globals';

import { readCounts } from './documents.mjs';

test('what the check counted', () => {
  expect(readCounts('{"passed":3,"failed":[]}', 0)).toEqual({ passed: 3, failed: [], skipped: [] });
  expect(readCounts('{"passed":2,"failed":["a"]}', 1)).toEqual({ passed: 2, failed: ['a'], skipped: [] });
});

test('a check that ends in another way has failed', () => {
  expect(readCounts(undefined, 137).failed).toEqual(['the check ended with status 137 and without a result']);
  expect(readCounts('{"passed":3,"failed":[]}', 137).failed).toEqual(['the check ended with status 137']);
});
