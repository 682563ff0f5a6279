import { expect, test } from '@jest/globals';
import { iceServersFor, isIceServerUrl } from './ice-servers.ts';

test('TURN credentials are those of coturn’s use-auth-secret: expiry, and an HMAC-SHA1 over it', () => {
  const servers = iceServersFor(
    { urls: ['stun:s', 'turn:t?transport=udp'], secret: 'north', ttlS: 86_400 },
    'anna',
    1_700_000_000_999,
  );
  // openssl: printf 1700086400:anna | openssl dgst -sha1 -hmac north -binary | base64
  expect(servers).toEqual([
    { urls: ['stun:s'] },
    {
      urls: ['turn:t?transport=udp'],
      username: '1700086400:anna',
      credential: 'n/qja1Xb6Le5M6vS7asFEtevzJI=',
    },
  ]);
});

test('without a secret no TURN server is offered: it would refuse everyone', () => {
  expect(iceServersFor({ urls: ['turn:t'], secret: undefined, ttlS: 60 }, 'anna', 0)).toEqual([]);
});

test.each([
  'stun:turn.example',
  'stun:turn.example:3478',
  'stuns:203.0.113.1:5349',
  'turn:[2001:db8::1]:3478?transport=udp',
  'turns:turn_1.example?transport=tcp',
])('%s is an address of a STUN or TURN server', (url) => expect(isIceServerUrl(url)).toBe(true));

test.each([
  'stun:',
  'turn://host',
  'turn:a b',
  'http://t',
  'turn:host:0',
  'turn:host:65536',
  'turn:host:x',
  'turn:[::g]',
  'turn:host?transport=sctp',
  'turn:host?x=udp',
  // RFC 7064 has no transport for STUN.
  'stun:host?transport=udp',
  'turn:user@host',
  'turn:host:3478/',
])('%s is none', (url) => expect(isIceServerUrl(url)).toBe(false));
