import { expect, test } from '@jest/globals';

import { isRecentEnough } from './find-node.mjs';

test.each([
  ['v24.21.0', true],
  ['v22.0.0', true],
  ['v20.20.2', false],
  ['v9.0.0', false],
  ['something else', false],
])('%s', (version, expected) => {
  expect(isRecentEnough(version)).toBe(expected);
});
