import { describe, expect, test } from '@jest/globals';
import { callOfAddress, callOfInput, callPath, destinationOf } from './address.ts';

const at = (path: string) => callOfAddress(new URL(path, 'https://crossfade.example'));

describe('callOfAddress', () => {
  test('reads the id from the path or the query', () => {
    expect(at('/call/amber-river-42')).toBe('amber-river-42');
    expect(at('/call/amber-river-42/')).toBe('amber-river-42');
    expect(at('/?call=amber-river-42')).toBe('amber-river-42');
    expect(at('/call/team%3Adaily')).toBe('team:daily');
  });

  test('is null where there is no valid id', () => {
    expect(at('/')).toBeNull();
    expect(at('/anything')).toBeNull();
    expect(at('/call/')).toBeNull();
    expect(at('/call/two%20words')).toBeNull();
    expect(at('/call/%E0%A4%A')).toBeNull();
    expect(at(`/call/${'a'.repeat(129)}`)).toBeNull();
  });
});

describe('destinationOf', () => {
  const to = (path: string) => destinationOf(new URL(path, 'https://crossfade.example'));

  test('tells the start, a call and an unknown page apart', () => {
    for (const path of ['/', '/index.html', '/?call=', '/?other=1'])
      expect(to(path)).toEqual({ kind: 'start' });
    expect(to('/call/amber-river-42')).toEqual({ kind: 'call', callId: 'amber-river-42' });
    for (const path of ['/anything', '/call', '/call/', '/call/a/b', '/about?call=a'])
      expect(to(path)).toEqual({ kind: 'unknown' });
  });

  test('keeps what a damaged invitation holds', () => {
    expect(to('/call/two%20words')).toEqual({ kind: 'damaged', text: 'two words' });
    expect(to('/?call=two%20words')).toEqual({ kind: 'damaged', text: 'two words' });
    expect(to('/call/%E0%A4%A')).toEqual({ kind: 'damaged', text: '%E0%A4%A' });
  });
});

test('callPath leads back to the same call', () => {
  for (const id of ['amber-river-42', 'team:daily', 'a.b_c']) expect(at(callPath(id))).toBe(id);
});

describe('callOfInput', () => {
  const here = new URL('https://crossfade.example:3000/');
  const of = (input: string) => callOfInput(input, here);

  test('takes an id, a pasted link, or words', () => {
    expect(of(' amber-river-42 ')).toBe('amber-river-42');
    expect(of('https://crossfade.example:3000/call/amber-river-42')).toBe('amber-river-42');
    expect(of('https://crossfade.example:3000/?call=amber-river-42#token=x')).toBe('amber-river-42');
    expect(of('crossfade.example:3000/call/amber-river-42')).toBe('amber-river-42');
    expect(of('amber river 42')).toBe('amber-river-42');
  });

  test('leaves what it cannot read, or leads elsewhere, to the validation', () => {
    for (const text of [
      'https://crossfade.example:3000/about',
      'https://elsewhere.example/call/amber-river-42',
      'elsewhere.example/call/amber-river-42',
      'team:daily',
    ])
      expect(of(text)).toBe(text);
  });
});
