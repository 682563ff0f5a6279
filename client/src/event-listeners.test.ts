import { expect, jest, test } from '@jest/globals';
import { EventListeners } from './event-listeners.ts';

interface Events {
  a: number;
  b: string;
}

test('tells those who listen to that, as often as they asked, until they stop', () => {
  const listeners = new EventListeners<Events>();
  const heard: unknown[] = [];
  const hear = (what: unknown) => heard.push(what);
  const stop = listeners.add('a', hear);
  const stopToo = listeners.add('a', hear);
  listeners.add('b', hear);
  listeners.tell('a', 1);
  stop();
  stop();
  listeners.tell('a', 2);
  stopToo();
  listeners.tell('a', 3);
  expect(heard).toEqual([1, 1, 2]);
});

test('one that throws is an uncaught error, and the others hear it all the same', () => {
  const later: (() => void)[] = [];
  const queue = jest.spyOn(globalThis, 'queueMicrotask').mockImplementation((act) => later.push(act));
  const listeners = new EventListeners<Events>();
  const heard: number[] = [];
  listeners.add('a', () => {
    throw new Error('of the application');
  });
  listeners.add('a', (what) => heard.push(what));
  listeners.tell('a', 1);
  queue.mockRestore();
  expect(heard).toEqual([1]);
  expect(later[0]).toThrow('of the application');
});
