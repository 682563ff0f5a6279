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

test('hueOf stays in the circle and with the name', () => {
  for (const name of ['', 'A', 'Ana', 'Ben', '😀']) {
    expect(hueOf(name)).toBeGreaterThanOrEqual(0);
    expect(hueOf(name)).toBeLessThan(360);
    expect(hueOf(name)).toBe(hueOf(name));
  }
  expect(hueOf('Ana')).not.toBe(hueOf('Ben'));
});
