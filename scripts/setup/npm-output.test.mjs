import { expect, test } from '@jest/globals';

import { explanation, isFetchedPackage, isNetworkFailure, watchForHopelessness } from './npm-output.mjs';

/** @param {number} attempt */
const failed = (attempt) => `npm http fetch GET https://r/zod attempt ${attempt} failed with ENOTFOUND`;
const SUCCEEDED = 'npm http fetch GET 200 https://r/yaml 20ms (cache miss)';

test('a few failures and no success are no network', () => {
  const isHopeless = watchForHopelessness();

  expect([failed(1), failed(1), failed(1)].map(isHopeless)).toEqual([false, false, true]);
});

test('a network with a gap is given its time', () => {
  const isHopeless = watchForHopelessness();

  expect([SUCCEEDED, failed(1), failed(1), failed(1), failed(2)].map(isHopeless)).not.toContain(true);
  expect(isHopeless(failed(3))).toBe(true);
});

test('packages are counted, not what npm looks up about them', () => {
  expect(isFetchedPackage('npm http fetch GET 200 https://r/zod/-/zod-4.0.0.tgz 20ms (cache miss)')).toBe(
    true,
  );
  expect(isFetchedPackage('npm http fetch GET 200 https://r/zod 20ms (cache miss)')).toBe(false);
  expect(isFetchedPackage('npm http fetch GET 404 https://r/zod/-/zod-4.0.0.tgz 20ms')).toBe(false);
});

test.each([
  'npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org/a failed',
  'npm error code EAI_AGAIN',
  'npm ERR! errno ECONNREFUSED',
])('%j is a failure of the network', (output) => {
  expect(isNetworkFailure(output)).toBe(true);
});

test.each([
  'npm error code EUSAGE\nnpm error Missing: a@1.0.0 from lock file',
  'npm http fetch GET https://r/zod attempt 1 failed with ECONNRESET\nnpm error code ENOSPC',
])('%j is another one', (output) => {
  expect(isNetworkFailure(output)).toBe(false);
});

test('an explanation is without the requests, and without warnings about the version of Node', () => {
  const output = [
    'npm warn EBADENGINE Unsupported engine {',
    'npm WARN EBADENGINE }',
    'npm http fetch GET 200 https://r/zod 20ms',
    'npm error code EUSAGE',
    'npm warn deprecated x@1',
  ].join('\n');

  expect(explanation(output)).toBe('npm error code EUSAGE\nnpm warn deprecated x@1');
});
