import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, jest, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import {
  bearerToken,
  signServiceToken,
  signUserToken,
  verifyServiceToken,
  verifyUserToken,
} from './tokens.ts';

const key = { secret: 's'.repeat(32), issuer: 'crossfade' };
const raw = (claims: object, options: jwt.SignOptions = {}, secret: jwt.Secret = key.secret) =>
  jwt.sign(claims, secret, { audience: 'media-server', issuer: key.issuer, expiresIn: 60, ...options });

test('what is signed here is accepted here', () => {
  expect(verifyServiceToken(signServiceToken(key, { subject: 'g', lifetimeS: 60 }), key)).toMatchObject({
    typ: 'service',
    sub: 'g',
  });
  const token = signUserToken(key, { sub: 'u', name: 'U', calls: ['a-*'], grants: { moderate: true } }, 60);
  expect(verifyUserToken(token, key)).toMatchObject({
    sub: 'u',
    calls: ['a-*'],
    grants: { publish: true, moderate: true },
  });
});

test('a token for several audiences is good for each', () => {
  const token = raw({ typ: 'service' }, { audience: ['billing', 'media-server'] });
  expect(verifyServiceToken(token, key).typ).toBe('service');
  const user = raw({ typ: 'user', sub: 'u' }, { audience: ['billing', 'gateway'] });
  expect(verifyUserToken(user, key).sub).toBe('u');
  expect(() => verifyUserToken(raw({ typ: 'user', sub: 'u' }, { audience: ['billing'] }), key)).toThrow();
  // Nobody becomes a service by being at home in both.
  const both = raw({ typ: 'user', sub: 'u' }, { audience: ['gateway', 'media-server'] });
  expect(() => verifyServiceToken(both, key)).toThrow();
});

describe('refused', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const header = (extra: object) => ({ header: { alg: 'HS256', typ: 'JWT', ...extra } as jwt.JwtHeader });
  const minutesAgo = Math.floor(Date.now() / 1000) - 31;
  test.each([
    ['unsigned', raw({ typ: 'service' }, { algorithm: 'none' }, '')],
    [
      'signed with a public key as the secret',
      raw({ typ: 'service' }, {}, publicKey.export({ type: 'pkcs1', format: 'pem' })),
    ],
    ['signed with another algorithm', raw({ typ: 'service' }, { algorithm: 'HS512' })],
    ['of another audience', raw({ typ: 'service' }, { audience: 'gateway' })],
    ['of other audiences', raw({ typ: 'service' }, { audience: ['gateway', 'billing'] })],
    ['of another issuer', raw({ typ: 'service' }, { issuer: 'x' })],
    ['of another type', raw({ typ: 'user' })],
    ['of a scope there is not', raw({ typ: 'service', scope: 'all' })],
    [
      'without an end',
      jwt.sign({ typ: 'service' }, key.secret, { audience: 'media-server', issuer: key.issuer }),
    ],
    [
      'expired 31 s ago',
      jwt.sign({ typ: 'service', exp: minutesAgo }, key.secret, {
        audience: 'media-server',
        issuer: key.issuer,
      }),
    ],
    ['not yet good', raw({ typ: 'service' }, { notBefore: 60 })],
    ['a user’s', signUserToken(key, { sub: 'u' }, 60)],
    ['nothing', ''],
  ])('a token that is %s', (_what, token) => {
    expect(() => verifyServiceToken(token, key)).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  });

  test('a key id that is a path, and an address to fetch keys from, are not looked at', () => {
    const token = raw(
      { typ: 'service' },
      { ...header({ kid: '../../x', jku: 'http://127.0.0.1:9/keys' }) },
      'another secret of 32 bytes or more',
    );
    expect(() => verifyServiceToken(token, key)).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  });
});

test('a token that was accepted is refused once it has expired', () => {
  jest.useFakeTimers();
  try {
    const token = signServiceToken(key, { subject: 'g', lifetimeS: 60 });
    expect(verifyServiceToken(token, key).sub).toBe('g');
    jest.advanceTimersByTime(89_000);
    expect(verifyServiceToken(token, key).sub).toBe('g');
    jest.advanceTimersByTime(2_000);
    expect(() => verifyServiceToken(token, key)).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  } finally {
    jest.useRealTimers();
  }
});

test('what was accepted for one key or audience is not for another', () => {
  const token = signServiceToken(key, { subject: 'g', lifetimeS: 60 });
  verifyServiceToken(token, key);
  expect(() => verifyServiceToken(token, { ...key, secret: 'x'.repeat(32) })).toThrow();
  expect(() => verifyUserToken(token, key)).toThrow();
});

test('the bearer of a header', () => {
  expect(bearerToken('Bearer a.b-c_d')).toBe('a.b-c_d');
  for (const wrong of [undefined, '', 'Basic x', 'Bearer', 'Bearer a b']) {
    expect(() => bearerToken(wrong)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  }
});

describe('several secrets', () => {
  const next = 'n'.repeat(32);
  const keys = { ...key, secretsById: new Map([['2027', next]]) };
  const signedBy = (kid: unknown, secret: string) =>
    raw({ typ: 'service' }, { header: { alg: 'HS256', typ: 'JWT', kid } as jwt.JwtHeader }, secret);

  test('a token may be signed with any, if it names it', () => {
    const renamed = { ...key, secret: next, keyId: '2027' };
    expect(verifyServiceToken(signServiceToken(renamed, { subject: 'g', lifetimeS: 60 }), keys).sub).toBe(
      'g',
    );
    expect(verifyServiceToken(signServiceToken(key, { subject: 'g', lifetimeS: 60 }), keys).sub).toBe('g');
    expect(verifyServiceToken(signedBy('default', key.secret), keys).typ).toBe('service');
  });

  test.each([
    ['with another than it names', signedBy('2027', key.secret)],
    ['without naming it', raw({ typ: 'service' }, {}, next)],
    ['with one there is not', signedBy('2028', next)],
    ['with a file', signedBy('../../x', 'x'.repeat(32))],
    ['with a property of every object', signedBy('constructor', 'x'.repeat(32))],
    ['with no name at all', signedBy(['2027'], next)],
  ])('a token signed %s is refused', (_how, token) => {
    expect(() => verifyServiceToken(token, keys)).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  });
});
