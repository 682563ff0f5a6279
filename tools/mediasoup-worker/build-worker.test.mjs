import { expect, test } from '@jest/globals';

import { parseProgress } from './build-worker.mjs';

test('progress is read from the lines of build.sh', () => {
  expect(parseProgress('compiling 120/261')).toEqual({ done: 120, total: 261 });
  expect(parseProgress('compiling each file on its own')).toBeUndefined();
  expect(parseProgress('2 jobs; libsrtp 2.5.0')).toBeUndefined();
});
