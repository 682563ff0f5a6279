/** Users' tokens that somebody else signs: a JSON Web Key Set at an address, and keys that are replaced there. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import jwt from 'jsonwebtoken';
import type { Gateway } from '../../../gateway/src/app.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, startScriptedGateway, userKey } from './stack.ts';

const [first, second] = [newPair(), newPair()];
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
let gateway: Gateway;
let keys: Server;
/** What is at the address now. */
let published = [
  jwkOf(first, 'one'),
  { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256' },
];
const asked: string[] = [];

function newPair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
function jwkOf({ publicKey }: { publicKey: KeyObject }, kid: string) {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256' };
}

beforeAll(async () => {
  keys = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ keys: published }));
  }).listen(0, '127.0.0.1');
  await once(keys, 'listening');
  const { port } = keys.address() as AddressInfo;
  gateway = await startScriptedGateway({
    USER_JWKS_URL: `http://127.0.0.1:${String(port)}/keys`,
    MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
  });
});
afterAll(async () => {
  await gateway.close();
  keys.close();
});

type Algorithm = 'ES256' | 'RS256' | 'HS256';

function sign(key: KeyObject | string, algorithm: Algorithm, header: object, claims: object = {}): string {
  return jwt.sign({ typ: 'user', sub: 'ann', aud: 'gateway', iss: 'crossfade', ...claims }, key, {
    algorithm,
    expiresIn: 60,
    header: { alg: algorithm, typ: 'JWT', ...header },
    allowInvalidAsymmetricKeyTypes: true,
  });
}

/** At the socket and at the REST API, which say the same. */
async function answerTo(token: string): Promise<string> {
  const atTheDoor = await ScriptedClient.connect(gateway.url, token).then(
    (client) => {
      client.close();
      return 'in';
    },
    (error: unknown) => (error as { data: { code: string } }).data.code,
  );
  const response = await fetch(`${gateway.url}/api/calls/none`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { code } = (await response.json()) as { code: string };
  expect(code).toBe(atTheDoor === 'in' ? 'call-not-found' : atTheDoor);
  return atTheDoor;
}

test('tokens of the key set and of the secret are good', async () => {
  expect(await answerTo(sign(first.privateKey, 'ES256', { kid: 'one' }))).toBe('in');
  expect(await answerTo(sign(rsa.privateKey, 'RS256', { kid: 'rsa' }))).toBe('in');
  expect(await answerTo(signUserToken(userKey, { sub: 'ann' }, 60))).toBe('in');
});

const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString();
const attacker = newPair();

test.each<[string, () => string]>([
  ['HS256 with the RSA public key as the secret', () => sign(pem(rsa.publicKey), 'HS256', { kid: 'rsa' })],
  ['a key id that is a path', () => sign(secrets.USER_JWT_SECRET, 'HS256', { kid: '../../x' })],
  [
    'a key of the attacker, at an address in the token',
    () =>
      sign(attacker.privateKey, 'ES256', {
        kid: 'one',
        jku: `http://127.0.0.1:${String((keys.address() as AddressInfo).port)}/attacker`,
      }),
  ],
  ['of another issuer', () => sign(first.privateKey, 'ES256', { kid: 'one' }, { iss: 'somebody' })],
  ['for another audience', () => sign(first.privateKey, 'ES256', { kid: 'one' }, { aud: 'media-server' })],
  ['of a service', () => sign(first.privateKey, 'ES256', { kid: 'one' }, { typ: 'service' })],
  [
    'unsigned',
    () =>
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
        JSON.stringify({ typ: 'user', sub: 'ann', aud: 'gateway', iss: 'crossfade', exp: 4e9 }),
      ).toString('base64url')}.`,
  ],
])('%s is refused, and nothing is fetched for it', async (_what, token) => {
  expect(await answerTo(token())).toBe('unauthenticated');
  expect(new Set(asked)).toEqual(new Set(['/keys']));
});

test('a key that is new at the address is good, without a restart', async () => {
  published = [jwkOf(second, 'two')];
  const token = sign(second.privateKey, 'ES256', { kid: 'two' });
  // The set is fetched at most every 30 s for an unknown key.
  const later = Date.now() + 31_000;
  const now = Date.now;
  Date.now = () => later;
  try {
    expect(await answerTo(token)).toBe('in');
  } finally {
    Date.now = now;
  }
  expect(await answerTo(sign(first.privateKey, 'ES256', { kid: 'one' }))).toBe('unauthenticated');
});
