import { expect, test } from '@jest/globals';
import { hueOf, initials } from './person.ts';

test('initials', () => {
  expect(initials('Ana')).toBe('A');
  expect(initials('ana maria lópez')).toBe('AL');
  expect(initials('Jean-Luc')).toBe('JL');
  expect(initials('  Øyvind  ')).toBe('Ø');
  expect(initials('李 小龙')).toBe('李小');
  expect(initials('😀')).toBe('?');
  expect(initials('')).toBe('?');
});

test('hueOf stays in the circle and with the person', () => {
  for (const id of ['', 'a', 'user-1', 'user-2', '😀']) {
    expect(hueOf(id)).toBeGreaterThanOrEqual(0);
    expect(hueOf(id)).toBeLessThan(360);
    expect(hueOf(id)).toBe(hueOf(id));
  }
  expect(hueOf('user-1')).not.toBe(hueOf('user-2'));
});
