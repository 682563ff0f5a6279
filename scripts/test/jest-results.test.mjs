import { expect, test } from '@jest/globals';

import { namesInReport, readJestReport } from './jest-results.mjs';

/**
 * @param {string} name
 * @param {[string, string][]} tests
 */
const file = (name, tests, status = 'passed') => ({
  name: `/project/${name}`,
  status,
  message: '',
  assertionResults: tests.map(([fullName, result]) => ({ fullName, status: result })),
});

test('tests are counted by how they ended', () => {
  const report = {
    success: false,
    testResults: [
      file('a.test.ts', [
        ['adds', 'passed'],
        ['subtracts', 'pending'],
        ['divides', 'todo'],
      ]),
      file('b.test.ts', [['calls', 'failed']], 'failed'),
    ],
  };

  expect(readJestReport(report, 1, '/project')).toEqual({
    passed: 1,
    failed: ['b.test.ts: calls'],
    skipped: ['a.test.ts: subtracts', 'a.test.ts: divides'],
  });
});

test('a file that cannot be loaded has failed', () => {
  const report = { success: false, testResults: [file('a.test.ts', [], 'failed')] };

  expect(readJestReport(report, 1, '/project').failed).toEqual(['a.test.ts: the file itself']);
});

test('a status that no test explains is a failure', () => {
  const report = { success: true, testResults: [file('a.test.ts', [['adds', 'passed']])] };

  expect(readJestReport(report, 1, '/project').failed).toEqual([
    'Jest ended with status 1 although no test failed',
  ]);
});

test('the names of tests that were not run', () => {
  const report = { success: true, testResults: [file('a.test.ts', [['adds', 'pending']])] };

  expect(namesInReport(report, '/project')).toEqual(['a.test.ts: adds']);
});
