import { describe, expect, test } from '@jest/globals';

import { createReporter } from './reporter.mjs';

/** @param {boolean} isTTY */
function recorder(isTTY) {
  let text = '';
  const reporter = createReporter(
    { isTTY, write: (/** @type {string} */ more) => (text += more) },
    'setup | ',
  );

  return { reporter, text: () => text };
}

describe('progress', () => {
  test('in a log file is a line every ten per cent', () => {
    const { reporter, text } = recorder(false);
    for (let done = 1; done <= 261; done += 1) reporter.progress('compiling', done, 261);
    reporter.say('done');

    const lines = text().trim().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('setup | compiling 27/261');
    expect(lines[9]).toBe('setup | compiling 261/261');
    expect(lines[10]).toBe('setup | done');
  });

  test('that starts over begins again', () => {
    const { reporter, text } = recorder(false);
    reporter.progress('compiling', 90, 100);
    reporter.progress('compiling', 10, 100);

    expect(text()).toBe('setup | compiling 90/100\nsetup | compiling 10/100\n');
  });

  test('on a terminal stays in one line, which what follows does not overwrite', () => {
    const { reporter, text } = recorder(true);
    reporter.progress('compiling', 1, 3);
    reporter.progress('compiling', 2, 3);
    reporter.say('done');

    expect(text()).toBe('\r\u001b[Ksetup | compiling 1/3\r\u001b[Ksetup | compiling 2/3\nsetup | done\n');
  });
});
