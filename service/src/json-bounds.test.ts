import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { beyondBounds } from './json-bounds.ts';

const check = (text: string, depth = 3, elements = 4) => beyondBounds(Buffer.from(text), { depth, elements });

describe('beyondBounds', () => {
  test.each([
    ['[[[]]]', undefined],
    ['[[[[]]]]', 'depth'],
    ['{"a":{"b":{"c":{}}}}', 'depth'],
    ['[1,2,3,4]', undefined],
    ['[1,2,3,4,5]', 'elements'],
    ['{"a":1,"b":2,"c":3,"d":4,"e":5}', 'elements'],
    ['[[1,2,3],[1,2,3],[1,2,3]]', undefined],
    ['[[1,2,3,4,5]]', 'elements'],
    ['"[[[[[,,,,,,,,"', undefined],
    [String.raw`["\"[[[[[[,,,,,","\\"]`, undefined],
    [String.raw`["\\",[[[[1]]]]]`, 'depth'],
    [']]]]]]', undefined],
    ['"unfinished [[[[[', undefined],
    ['"ends with \\', undefined],
    ['', undefined],
  ])('%s: %s', (text, beyond) => {
    expect(check(text)).toBe(beyond);
  });

  test('finds what JSON.parse would have found', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const expected = depthOf(value) > 3 || widthOf(value) > 4;
        expect(check(JSON.stringify(value)) !== undefined).toBe(expected);
      }),
    );
  });
});

const childrenOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [];
const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...childrenOf(value).map((child) => depthOf(child)))
    : 0;
const widthOf = (value: unknown): number =>
  Math.max(childrenOf(value).length, ...childrenOf(value).map((child) => widthOf(child)));
