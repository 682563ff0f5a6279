import { expect, test } from '@jest/globals';
import { linkParts } from './links.ts';

const hrefs = (text: string) => linkParts(text).flatMap((part) => (part.kind === 'link' ? [part.href] : []));

test('finds addresses between words, without the punctuation around them', () => {
  expect(linkParts('See https://a.example/x?y=1, or not.')).toEqual([
    { kind: 'text', text: 'See ' },
    { kind: 'link', text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
    { kind: 'text', text: ', or not.' },
  ]);
  expect(hrefs('(http://a.example/b) [https://c.example/d_(e)].')).toEqual([
    'http://a.example/b',
    'https://c.example/d_(e)',
  ]);
});

test.each(['javascript:alert(1)', 'data:text/html,x', 'www.example.org', 'https://', 'file:///etc/hosts'])(
  '%s is no link',
  (text) => {
    expect(linkParts(text)).toEqual([{ kind: 'text', text }]);
  },
);

test('what is written is what is shown, whatever it is', () => {
  for (const text of ['', 'plain', 'https://a.example', 'x https://a.example/). y', 'http://[ http://a'])
    expect(
      linkParts(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text);
});
