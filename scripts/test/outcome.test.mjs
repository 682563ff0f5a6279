import { expect, test } from '@jest/globals';

import { report, totals, withSkipsAsFailures } from './outcome.mjs';

const format = { step: 'format', passed: 1, failed: [], skipped: [], durationMs: 1234 };
const unit = { step: 'unit', passed: 10, failed: ['a.test.ts: adds'], skipped: [], durationMs: 20_000 };
const browser = { step: 'browser', passed: 0, failed: [], skipped: ['b.test.ts: calls'], durationMs: 50 };

test('the last line', () => {
  expect(totals([])).toBe('0 passed, 0 failed, 0 skipped');
  expect(totals([format, unit])).toBe('11 passed, 1 failed, 0 skipped');
  expect(totals([format, unit, browser])).toBe('11 passed, 1 failed, 1 skipped');
});

test('with CI=true a skipped test has failed, and is named', () => {
  const strict = withSkipsAsFailures(browser);

  expect(totals([format, strict])).toBe('1 passed, 1 failed, 0 skipped');
  expect(strict.failed).toEqual(['b.test.ts: calls (skipped, which CI=true does not allow)']);
});

test('the report names what failed and what was skipped', () => {
  expect(report([format, unit, browser])).toBe(
    [
      '  format      1.2 s  1 passed, 0 failed, 0 skipped',
      '  unit       20.0 s  10 passed, 1 failed, 0 skipped',
      '  browser     0.1 s  0 passed, 0 failed, 1 skipped',
      '',
      'Skipped:',
      '  browser: b.test.ts: calls',
      '',
      'Failed:',
      '  unit: a.test.ts: adds',
    ].join('\n'),
  );
});
