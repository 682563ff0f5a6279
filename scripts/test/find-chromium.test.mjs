import { expect, test } from '@jest/globals';

import { chromiumAdvice, findChromium } from './find-chromium.mjs';

test('the one that is set, and no other', () => {
  expect(findChromium({ CHROMIUM_BIN: process.execPath }, () => '/usr/bin/chromium')).toBe(process.execPath);
  expect(findChromium({ CHROMIUM_BIN: '/not/there' }, () => '/usr/bin/chromium')).toBeUndefined();
  expect(chromiumAdvice({ CHROMIUM_BIN: '/not/there' })).toContain('/not/there, which does not exist');
});

test('otherwise the first that is installed', () => {
  const installed = new Map([
    ['google-chrome', '/opt/chrome'],
    ['chromium-browser', '/usr/bin/chromium-browser'],
  ]);

  expect(findChromium({}, (name) => installed.get(name))).toBe('/usr/bin/chromium-browser');
  expect(findChromium({}, () => undefined)).toBeUndefined();
  expect(chromiumAdvice({})).toContain('sudo apt-get install chromium');
});
