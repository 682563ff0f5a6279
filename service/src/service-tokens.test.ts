import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey } from 'jose';
import { ServiceTokens } from './service-tokens.ts';
import { signServiceToken } from './tokens.ts';

const key = { secret: 's'.repeat(32), issuer: 'crossfade' };

/** Keeps the public keys of `published`, and counts who asks. */
let keys: Server;
let jwksUrl: string;
let published: object[] = [];
let fetched = 0;
let elsewhere = 0;
let broken = false;
let rsa: { publicKey: CryptoKey; privateKey: CryptoKey };
let ec: typeof rsa;

beforeAll(async () => {
  keys = createServer((request, response) => {
    if (request.url === '/keys') fetched += 1;
    else elsewhere += 1;
    response.statusCode = broken ? 500 : 200;
    response.end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await once(keys, 'listening');
  jwksUrl = `http://127.0.0.1:${String((keys.address() as AddressInfo).port)}/keys`;
  rsa = await generateKeyPair('RS256');
  ec = await generateKeyPair('ES256');
  const jwk = async (pair: typeof rsa, kid: string, alg: string) => ({
    ...(await exportJWK(pair.publicKey)),
    kid,
    alg,
  });
  published = [await jwk(rsa, 'r', 'RS256'), await jwk(ec, 'e', 'ES256')];
});
afterAll(() => {
  keys.close();
});
beforeEach(() => {
  fetched = 0;
  elsewhere = 0;
  broken = false;
});

function signed(
  pair: typeof rsa,
  header: { alg: string; kid?: string; jku?: string; x5u?: string },
  claims: object = {},
): Promise<string> {
  const seconds = Math.floor(Date.now() / 1_000);
  return new SignJWT({
    typ: 'service',
    sub: 'g',
    aud: 'media-server',
    iss: 'crossfade',
    exp: seconds + 60,
    ...claims,
  })
    .setProtectedHeader(header)
    .sign(pair.privateKey);
}

describe('with a key set', () => {
  const now = Math.floor(Date.now() / 1_000);

  test('tokens of its keys are good, and so are those of the secret; the set is fetched once', async () => {
    const tokens = new ServiceTokens({ ...key, jwksUrl });
    expect(await tokens.verify(await signed(rsa, { alg: 'RS256', kid: 'r' }))).toMatchObject({ sub: 'g' });
    expect(await tokens.verify(await signed(ec, { alg: 'ES256', kid: 'e' }))).toMatchObject({ sub: 'g' });
    expect(await tokens.verify(signServiceToken(key, { subject: 'h', lifetimeS: 60 }))).toMatchObject({
      sub: 'h',
    });
    expect(fetched).toBe(1);
  });

  const wrong: [string, () => Promise<string>][] = [
    ['names an unknown key', () => signed(rsa, { alg: 'RS256', kid: '../../x' })],
    [
      'says where its key is',
      () => signed(rsa, { alg: 'RS256', kid: 'x', jku: `${jwksUrl}/mine`, x5u: `${jwksUrl}/mine` }),
    ],
    ['is of another algorithm than its key', () => signed(ec, { alg: 'ES256', kid: 'r' })],
    ['is for another audience', () => signed(rsa, { alg: 'RS256', kid: 'r' }, { aud: 'gateway' })],
    ['is of another issuer', () => signed(rsa, { alg: 'RS256', kid: 'r' }, { iss: 'x' })],
    ['is a user’s', () => signed(rsa, { alg: 'RS256', kid: 'r' }, { typ: 'user' })],
    ['has no end', () => signed(rsa, { alg: 'RS256', kid: 'r' }, { exp: undefined })],
    ['expired 31 s ago', () => signed(rsa, { alg: 'RS256', kid: 'r' }, { exp: now - 31 })],
    ['is not good yet', () => signed(rsa, { alg: 'RS256', kid: 'r' }, { nbf: now + 60 })],
    [
      'is signed with the public key as a secret',
      () =>
        Promise.resolve(
          signServiceToken(
            { ...key, secret: JSON.stringify(published[0]), keyId: 'r' },
            { subject: 'g', lifetimeS: 60 },
          ),
        ),
    ],
  ];
  test.each(wrong)('a token that %s is refused, and nothing else is fetched', async (_what, token) => {
    const tokens = new ServiceTokens({ ...key, jwksUrl });
    await expect((async () => tokens.verify(await token()))()).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(elsewhere).toBe(0);
    expect(fetched).toBeLessThanOrEqual(1);
  });

  test('while the set cannot be fetched nobody is told that the token is wrong', async () => {
    broken = true;
    const tokens = new ServiceTokens({ ...key, jwksUrl });
    const token = await signed(rsa, { alg: 'RS256', kid: 'r' });
    await expect((async () => tokens.verify(token))()).rejects.toMatchObject({
      code: 'token-keys-unavailable',
    });
    broken = false;
    expect(await tokens.verify(token)).toMatchObject({ sub: 'g' });
  });
});

test('without a key set only secrets count', async () => {
  const tokens = new ServiceTokens(key);
  const token = await signed(rsa, { alg: 'RS256', kid: 'r' });
  expect(() => tokens.verify(token)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  expect(fetched).toBe(0);
});
