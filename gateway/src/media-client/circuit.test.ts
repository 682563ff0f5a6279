import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admitted, answered, CLOSED, isCutOff, unanswered, type Circuit } from './circuit.ts';

function failing(times: number, now = 0): Circuit {
  return Array.from({ length: times }).reduce<Circuit>((circuit) => unanswered(circuit, now), CLOSED);
}

test('opens at the fourth request in a row without an answer', () => {
  expect(isCutOff(failing(3), 0)).toBe(false);
  expect(isCutOff(failing(4), 0)).toBe(true);
  expect(isCutOff(unanswered(answered(), 0), 0)).toBe(false);
});

test('lets one request through after a second, and no other beside it', () => {
  const open = failing(4);
  expect(admitted(open, 999)).toBeNull();
  const trial = admitted(open, 1_000);
  expect(trial).toMatchObject({ state: 'half-open' });
  expect(trial && admitted(trial, 1_001)).toBeNull();
});

test('closes when the trial is answered', () => {
  expect(answered()).toEqual(CLOSED);
});

test('stays open for twice as long with each trial that fails, up to ten seconds', () => {
  let circuit = failing(4);
  let now = 0;
  for (const wait of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    expect(isCutOff(circuit, now + wait - 1)).toBe(true);
    now += wait;
    circuit = unanswered(admitted(circuit, now) ?? CLOSED, now);
  }
});

test('a trial that was forgotten does not keep it shut', () => {
  const trial = admitted(failing(4), 1_000);
  expect(trial && admitted(trial, 6_000)).toMatchObject({ state: 'half-open', since: 6_000 });
});

test('whatever happens, there is a trial within ten seconds, and an answer closes it', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.boolean()), { maxLength: 80 });
  fc.assert(
    fc.property(steps, (history) => {
      let circuit: Circuit = CLOSED;
      let now = 0;
      for (const [pause, isAnswered] of history) {
        now += pause;
        const attempt = admitted(circuit, now);
        if (attempt) circuit = isAnswered ? answered() : unanswered(attempt, now);
        expect(isCutOff(circuit, now + 10_000)).toBe(false);
        if (attempt && isAnswered) expect(circuit).toEqual(CLOSED);
      }
    }),
  );
});
