/** Several keys at a time, at the API and at the feed: a secret that is being replaced, and a key set at an address. */
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signServiceToken } from '@crossfade/service/tokens';
import jwt from 'jsonwebtoken';
import { KEY, type Harness } from './harness.ts';
import { expectProblem } from './problems.ts';
import { unharmed } from './unharmed.ts';

const NEXT = 'the next secret for tests of 32 bytes or more';
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
let harness: Harness;
let keys: Server;
const asked: string[] = [];

beforeAll(async () => {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'theirs', alg: 'ES256' };
  const rsaJwk = { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256' };
  keys = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ keys: [jwk, rsaJwk] }));
  }).listen(0, '127.0.0.1');
  await once(keys, 'listening');
});
afterAll(() => {
  keys.close();
});
unharmed(
  (started) => {
    harness = started;
  },
  () => ({
    SERVICE_JWT_KEYS: `2027:${NEXT}`,
    SERVICE_JWKS_URL: `http://127.0.0.1:${String((keys.address() as AddressInfo).port)}/keys`,
  }),
).keepSecret(NEXT);

const sign = (key: KeyObject | string, alg: 'ES256' | 'HS256', header: object, claims: object = {}) =>
  jwt.sign({ typ: 'service', ...claims }, key, {
    algorithm: alg,
    audience: 'media-server',
    issuer: 'crossfade',
    subject: 'theirs',
    expiresIn: 60,
    header: { alg, typ: 'JWT', ...header },
  });
/** What everyone can know of a key, taken for a secret. */
const secretOf = (key: KeyObject) =>
  createSecretKey(Buffer.from(key.export({ format: 'pem', type: 'spki' })));
const get = (token: string) => harness.get('/rooms', { authorization: `Bearer ${token}` });

describe('a token', () => {
  const good: [string, () => string][] = [
    ['of the old secret', () => signServiceToken(KEY, { subject: 'g', lifetimeS: 60 })],
    [
      'of the next secret',
      () => signServiceToken({ ...KEY, secret: NEXT, keyId: '2027' }, { subject: 'g', lifetimeS: 60 }),
    ],
    ['of the key set', () => sign(pair.privateKey, 'ES256', { kid: 'theirs' })],
  ];
  it.each(good)('%s is good at the API and at the feed', async (_which, token) => {
    expect((await get(token())).status).toBe(200);
    expect((await harness.feed({ token: token() })).socket.connected).toBe(true);
  });

  const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const bad: [string, () => string][] = [
    ['of the next secret that does not name it', () => sign(NEXT, 'HS256', {})],
    ['that names a path', () => sign(NEXT, 'HS256', { kid: '../../x' })],
    [
      'that says where its key is',
      () =>
        sign(attacker, 'ES256', {
          kid: 'theirs',
          jku: `http://127.0.0.1:${String((keys.address() as AddressInfo).port)}/attacker`,
        }),
    ],
    [
      'signed with the public key as a secret',
      () => sign(secretOf(pair.publicKey), 'HS256', { kid: 'theirs' }),
    ],
    [
      'signed with the public RSA key as a secret',
      () => sign(secretOf(rsa.publicKey), 'HS256', { kid: 'rsa' }),
    ],
    [
      'of a user, signed by the key set',
      () => sign(pair.privateKey, 'ES256', { kid: 'theirs' }, { typ: 'user' }),
    ],
  ];
  it.each(bad)('%s is refused, at the API and at the feed, and nothing is fetched', async (_which, token) => {
    expectProblem(await get(token()), 'unauthenticated');
    await expect(harness.feed({ token: token() })).rejects.toMatchObject({
      data: { code: 'unauthenticated' },
    });
    expect(new Set(asked)).toEqual(new Set(['/keys']));
  });

  it('of the key set with read scope may only look', async () => {
    const authorization = `Bearer ${sign(pair.privateKey, 'ES256', { kid: 'theirs' }, { scope: 'read' })}`;
    expectProblem(await harness.post('/rooms/room/create', {}, { authorization }), 'forbidden');
  });
});
