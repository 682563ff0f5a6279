import { expect, test } from '@jest/globals';

import { logPrefix } from './log-prefix.mjs';

test('names are as wide as each other', () => {
  const prefixed = logPrefix(['media-server', 'gateway'], { colour: false });

  expect(prefixed('media-server', 'hello')).toBe('media-server | hello');
  expect(prefixed('gateway', 'hello')).toBe('gateway      | hello');
});

test('colour is only around the name', () => {
  const cyan = '\u001b[36m';
  const reset = '\u001b[0m';

  expect(logPrefix(['gateway'], { colour: true })('gateway', 'hello')).toBe(
    `${cyan}gateway      |${reset} hello`,
  );
});
