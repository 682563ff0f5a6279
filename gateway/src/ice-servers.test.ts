import { expect, test } from '@jest/globals';
import { iceServersFor } from './ice-servers.ts';

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
