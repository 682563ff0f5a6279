import { expect, test } from '@jest/globals';

import { stopThenKill } from './stop-signals.mjs';

function recorder() {
  /** @type {string[]} */
  const events = [];
  let time = 0;
  const onSignal = stopThenKill({
    onStop: (signal) => events.push(`stop ${signal}`),
    onKill: () => events.push('kill'),
    now: () => time,
  });
  return {
    events,
    at(/** @type {number} */ now) {
      time = now;
      onSignal('SIGINT');
    },
  };
}

test('one Ctrl-C that arrives twice, from the terminal and from npm, does not kill', () => {
  const { events, at } = recorder();
  at(0);
  at(40);
  expect(events).toEqual(['stop SIGINT']);
});

test('a second one does', () => {
  const { events, at } = recorder();
  at(0);
  at(40);
  at(1500);
  expect(events).toEqual(['stop SIGINT', 'kill']);
});
