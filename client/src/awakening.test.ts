import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchAwakening, type Awakening, type Surroundings } from './awakening.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function stage() {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const connection = Object.assign(new EventTarget(), { type: 'wifi' });
  const navigator = { onLine: true, connection };
  const told: Awakening[] = [];
  const stop = watchAwakening((how) => told.push(how), {
    window,
    document,
    navigator,
  } as unknown as Surroundings);
  const fire = (target: EventTarget, name: string) => target.dispatchEvent(new Event(name));
  const pass = (ms = 300) => jest.advanceTimersByTime(ms);
  return { window, document, connection, navigator, told, stop, fire, pass };
}

test('a page that is looked at again tells, one that is hidden does not', () => {
  const { document, told, fire, pass } = stage();
  document.visibilityState = 'hidden';
  fire(document, 'visibilitychange');
  pass();
  expect(told).toEqual([]);
  document.visibilityState = 'visible';
  fire(document, 'visibilitychange');
  pass();
  expect(told).toEqual(['shown']);
});

test('what comes with one awakening is told once, with the doubt', () => {
  const { window, document, told, fire, pass } = stage();
  fire(document, 'resume');
  fire(document, 'visibilitychange');
  fire(window, 'online');
  pass();
  expect(told).toEqual(['doubt']);
});

test('another network is told, another estimate of its bandwidth is not', () => {
  const { connection, told, fire, pass } = stage();
  fire(connection, 'change');
  pass();
  expect(told).toEqual([]);
  connection.type = 'cellular';
  fire(connection, 'change');
  pass();
  expect(told).toEqual(['doubt']);
});

test('a clock that jumped has slept; one that ticks has not', () => {
  const { told, pass } = stage();
  pass(60_000);
  expect(told).toEqual([]);
  jest.setSystemTime(Date.now() + 60_000);
  pass(2_500);
  expect(told).toEqual(['doubt']);
});

test('without any network nothing is tried', () => {
  const { navigator, document, told, fire, pass } = stage();
  navigator.onLine = false;
  fire(document, 'resume');
  pass();
  expect(told).toEqual([]);
});

test('after the end nothing is heard', () => {
  const { window, told, stop, fire, pass } = stage();
  fire(window, 'online');
  stop();
  fire(window, 'online');
  pass(60_000);
  expect(told).toEqual([]);
});
