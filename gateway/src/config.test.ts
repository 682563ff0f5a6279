import { expect, test } from '@jest/globals';
import { readConfig } from './config.ts';

const needed = { SERVICE_JWT_SECRET: 's'.repeat(32), USER_JWT_SECRET: 'u'.repeat(32) };

test('the defaults are those of the documentation', () => {
  expect(readConfig(needed)).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 3000,
    METRICS_PORT: 9465,
    MEDIA_SERVER_URLS: ['http://127.0.0.1:4000'],
    P2P_MAX_PARTICIPANTS: 2,
    MESH_MAX_PARTICIPANTS: 4,
    BACK_TO_P2P_DELAY_MS: 5_000,
    SWITCH_TIMEOUT_MS: 2_000,
    JWT_ISSUER: 'crossfade',
  });
});

test.each([
  ['SERVICE_JWT_SECRET', undefined, 'is not set'],
  ['USER_JWT_SECRET', 'short', 'must be at least 32 bytes long'],
  ['PORT', 'http', 'must be a port number from 0 to 65535'],
  ['PORT', '65536', 'must be a port number from 0 to 65535'],
  ['PORT', ' ', 'must be a port number from 0 to 65535'],
  ['PORT', '0x50', 'must be a port number from 0 to 65535'],
  ['PORT', '1e3', 'must be a port number from 0 to 65535'],
  ['PORT', '+80', 'must be a port number from 0 to 65535'],
  ...[
    'localhost',
    ' , ',
    'http://a/media',
    'http://a/?b',
    'http://a/#b',
    'http://user@a',
    'http://a;http://b',
    'http://a;b',
    'ftp://a',
  ].map((urls): [string, string, string] => [
    'MEDIA_SERVER_URLS',
    urls,
    'must be http or https addresses without a path, separated by commas',
  ]),
  ['NODE_ENV', 'prod', 'must be production, development or test'],
  ['NODE_ENV', 'Production', 'must be production, development or test'],
  ['HOST', 'h'.repeat(256), 'must be at most 255 characters long'],
  ['P2P_MAX_PARTICIPANTS', '0', 'must be a whole number from 1 to 8'],
  ['MESH_MAX_PARTICIPANTS', '9', 'must be a whole number from 2 to 8'],
  ['SWITCH_TIMEOUT_MS', '1.5', 'must be a number of milliseconds from 100 to 60000'],
  ['ALLOWED_ORIGINS', 'https://app.example/', 'must be origins such as https://app.example'],
  [
    'TURN_URLS',
    'turn:a b',
    'must be addresses such as stun:host:3478 or turn:host:3478?transport=udp, separated by commas',
  ],
  ['LOG_LEVEL', 'loud', 'must be error, warn, info or debug'],
  ['NODE_ENV', 'prod', 'must be production, development or test'],
  ['MEDIA_SERVER_DNS_SERVERS', 'dns.example', 'must be IP addresses such as 10.0.0.10 or 127.0.0.1:8600'],
  ['DATABASE_URL', 'mysql://x', 'must be a postgres:// address'],
])('%s=%s: one sentence, without the value', (name, value, what) => {
  expect(() => readConfig({ ...needed, [name]: value })).toThrow(`Setting ${name} ${what}.`);
});

test('in production no secret is one that anybody may know', () => {
  const random = {
    SERVICE_JWT_SECRET: '0123456789abcdef'.repeat(4),
    USER_JWT_SECRET: 'fedcba9876543210'.repeat(4),
  };
  const production = { ...random, NODE_ENV: 'production' };
  expect(readConfig(production)).toMatchObject(random);
  for (const guessable of [
    'u'.repeat(64),
    'please-change-me-0123456789abcdef',
    'My Secret 0123456789abcdefghijkl',
  ])
    expect(() => readConfig({ ...production, USER_JWT_SECRET: guessable })).toThrow(
      'Setting USER_JWT_SECRET must not be guessable in production: use openssl rand -hex 32.',
    );
  expect(() => readConfig({ ...production, USER_JWT_SECRET: random.SERVICE_JWT_SECRET })).toThrow(
    'Setting USER_JWT_SECRET must not be SERVICE_JWT_SECRET in production.',
  );
});

test('a media server may end in a slash, have IPv6, and is listed once', () => {
  const { MEDIA_SERVER_URLS } = readConfig({
    ...needed,
    MEDIA_SERVER_URLS: 'http://a:4000/, http://a:4000,https://[::1]:4000,http://media-server-0.media_server',
  });
  expect(MEDIA_SERVER_URLS).toEqual([
    'http://a:4000',
    'https://[::1]:4000',
    'http://media-server-0.media_server',
  ]);
});
