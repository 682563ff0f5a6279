import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chosenProtocol, offeredToken } from './offered-token.ts';

const token = 'eyJh.eyJz.c2ln';
const protocols = (...offered: string[]) => ({ 'sec-websocket-protocol': offered.join(', ') });

describe('the token', () => {
  test.each([
    ['in the header', { authorization: `Bearer ${token}` }, '/ws', token],
    ['in the header, written otherwise', { authorization: `bearer   ${token} ` }, '/ws', token],
    ['in a subprotocol', protocols('crossfade', `bearer.${token}`), '/ws', token],
    ['as a subprotocol', protocols(token), '/ws', token],
    ['in the address', {}, `/ws?a=b&token=${token}`, token],
    ['in the address, escaped', {}, `/ws?token=${encodeURIComponent('a+b=')}`, 'a+b='],
    ['nowhere', {}, '/ws', undefined],
    ['in the path only', {}, `/ws/${token}`, undefined],
    ['of another scheme', { authorization: `Basic ${token}` }, '/ws', undefined],
    ['of no text', { authorization: 'Bearer ' }, '/ws', undefined],
    ['no subprotocol that carries one', protocols('crossfade', 'other'), '/ws', undefined],
  ])('%s', (_where, headers, url, expected) => {
    expect(offeredToken(headers, url)).toBe(expected);
  });

  test('the header comes before the subprotocol, and that before the address', () => {
    const url = '/ws?token=c';
    const both = { authorization: 'Bearer a', ...protocols('bearer.b') };
    expect(offeredToken(both, url)).toBe('a');
    expect(offeredToken(protocols('bearer.b'), url)).toBe('b');
    expect(offeredToken({ authorization: 'nonsense' }, url)).toBe('c');
  });

  test('of any headers and address: text or nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.webPath(), (authorization, offered, url) => {
        const found = offeredToken({ authorization, 'sec-websocket-protocol': offered }, url);
        expect(['string', 'undefined']).toContain(typeof found);
      }),
    );
  });
});

describe('the chosen subprotocol', () => {
  test.each([
    ['ours, wherever it stands', [`bearer.${token}`, 'other', 'crossfade'], 'crossfade'],
    ['another one, rather than the one with the token', [`bearer.${token}`, 'other'], 'other'],
    ['the one with the token, if it is all there is', [token], token],
    ['none, where none is offered', [], false],
  ])('%s', (_what, offered, expected) => {
    expect(chosenProtocol(new Set(offered))).toBe(expected);
  });
});
