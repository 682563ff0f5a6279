/** Tokens, bodies and addresses: who is let in, and with what. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { request as ask, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import jwt from 'jsonwebtoken';
import request from 'supertest';
import { KEY, SECRET, serviceToken, type Harness } from './harness.ts';
import { anonymous, expectProblem } from './problems.ts';
import { unharmed } from './unharmed.ts';

let harness: Harness;
const { keepSecret } = unharmed(async (started) => {
  harness = started;
  await harness.createRoom('room');
});

const api = (path: string) => request(harness.url).get(`/api${path}`);
const withToken = (token: string) => api('/rooms').set('authorization', `Bearer ${token}`);
const service = { typ: 'service' };
const signed = (claims: object, options: jwt.SignOptions = {}, secret = SECRET) =>
  jwt.sign(claims, secret, { audience: 'media-server', issuer: 'crossfade', expiresIn: 60, ...options });

describe('tokens', () => {
  it('of services open the API', async () => {
    expect((await withToken(serviceToken())).status).toBe(200);
  });

  const unsigned = [
    { alg: 'none', typ: 'JWT' },
    { ...service, aud: 'media-server', iss: 'crossfade', exp: 9e9 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const rejected: [string, () => string][] = [
    ['of algorithm none', () => `${unsigned}.`],
    [
      'of algorithm none with a signature',
      () => `${unsigned}.${createHmac('sha256', SECRET).update(unsigned).digest('base64url')}`,
    ],
    ['signed with another secret', () => signed(service, {}, 'another secret that is 32 bytes or more')],
    ['signed with another algorithm', () => signed(service, { algorithm: 'HS512' })],
    [
      'that name a key of their own',
      () =>
        jwt.sign(service, 'a secret of the attacker, 32 bytes or more', {
          audience: 'media-server',
          issuer: 'crossfade',
          expiresIn: 60,
          header: { alg: 'HS256', kid: '../../x', jku: `${harness.url}/keys` },
        }),
    ],
    ['expired by 31 seconds', () => signed(service, { expiresIn: -31 })],
    ['not valid yet', () => signed(service, { notBefore: 60 })],
    ['that never expire', () => jwt.sign(service, SECRET, { audience: 'media-server', issuer: 'crossfade' })],
    ['for another audience', () => signed(service, { audience: 'gateway' })],
    ['of another issuer', () => signed(service, { issuer: 'somebody' })],
    ['of another type', () => signed({ typ: 'user' })],
    ['with an unknown scope', () => signed({ ...service, scope: 'admin' })],
    ['of users', () => signUserToken(KEY, { sub: 'u1', name: 'Ann' }, 60)],
    ['that are garbage', () => 'a.b.c'],
  ];
  it.each(rejected)('%s are rejected', async (_which, token) => {
    const told = token();
    keepSecret(told);
    const answer = await withToken(told);
    expectProblem(answer, 'unauthenticated');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it('must be there, in the header', async () => {
    expectProblem(await api('/rooms'), 'unauthenticated');
    expectProblem(
      await api(`/rooms?token=${serviceToken()}&access_token=${serviceToken()}`),
      'unauthenticated',
    );
    expectProblem(await api('/rooms').set('authorization', `Basic ${serviceToken()}`), 'unauthenticated');
    expectProblem(await api('/no-such-thing'), 'unauthenticated');
  });

  it('are kept for the clock of another machine to be 29 seconds ahead', async () => {
    const late = signServiceToken(KEY, { subject: 'test', lifetimeS: -29 });
    expect((await withToken(late)).status).toBe(200);
  });

  it('with read scope may look and nothing else', async () => {
    const headers = { authorization: `Bearer ${serviceToken({ scope: 'read' })}` };
    for (const path of ['/rooms', '/rooms/room', '/node']) {
      expect((await harness.get(path, headers)).status).toBe(200);
    }
    expectProblem(await harness.post('/rooms/mine/create', {}, headers), 'forbidden');
    expectProblem(await harness.delete('/rooms/room', headers), 'forbidden');
    expectProblem(await harness.get('/rooms/mine'), 'room-not-found');
  });
});

describe('bodies', () => {
  const create = (body: string | Buffer, headers: Record<string, string> = {}) =>
    request(harness.url)
      .post('/api/rooms/room/create')
      .set({ authorization: `Bearer ${serviceToken()}`, 'content-type': 'application/json', ...headers })
      .serialize((data: unknown) => data as string)
      .send(body as never);

  it.each(['{', '{"epoch":}', 'true false', '\u0000'])('that are not JSON are refused: %j', async (body) => {
    expectProblem(await create(body), 'malformed-json');
  });

  it.each(['[]', '[1]', 'null', '"a"', '3'])('that are not objects are refused: %s', async (body) => {
    expectProblem(await create(body), 'validation-failed');
  });

  it.each([
    ['/rooms/room/create', { maxParticipant: 3 }],
    ['/node/drain', { deadline: 3 }],
  ])('with a field there is not are refused: %s', async (path, body) => {
    expectProblem(await harness.post(path, body), 'validation-failed');
    expect((await harness.get('/node')).body).toMatchObject({ drain: { state: 'none' } });
  });

  it('in another format are refused', async () => {
    expectProblem(await create('epoch=1', { 'content-type': 'text/plain' }), 'unsupported-media-type');
    expectProblem(
      await create('{}', { 'content-type': 'application/json; charset=latin1' }),
      'unsupported-media-type',
    );
    expectProblem(await create('{}', { 'content-encoding': 'zip' }), 'unsupported-media-type');
  });

  it('above 256 KiB are refused, also when they are small on the wire', async () => {
    const big = JSON.stringify({ padding: 'x'.repeat(256 * 1024) });
    expectProblem(await create(big), 'payload-too-large');
    const bomb = gzipSync(Buffer.alloc(20_000_000, ' '));
    expect(bomb.length).toBeLessThan(50_000);
    expectProblem(await create(bomb, { 'content-encoding': 'gzip' }), 'payload-too-large');
  });

  it('that are absurdly deep are refused', async () => {
    const deep = `{"epoch":0,"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    expectProblem(await create(deep), 'payload-too-large');
  });

  it('cannot reach the prototype of anything', async () => {
    const body = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"epoch":0}';
    expectProblem(await create(body), 'validation-failed');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expectProblem(await create('{"__proto__":{"epoch":5},"epoch":"no"}'), 'validation-failed');
  });
});

describe('addresses', () => {
  it('that do not exist are told so', async () => {
    for (const [method, path] of [
      ['get', '/no-such-thing'],
      ['delete', '/rooms'],
      ['get', '/rooms/room/create'],
      ['post', '/rooms/room'],
    ] as const) {
      expectProblem(await harness.call(method, path), 'route-not-found');
    }
  });

  it('of a room are the same for unknown rooms, whatever is asked', async () => {
    const missing = await harness.get('/rooms/nowhere');
    expectProblem(missing, 'room-not-found');
    for (const answer of await Promise.all([
      harness.delete('/rooms/nowhere'),
      harness.post('/rooms/nowhere/participants/ann/leave'),
      harness.post('/rooms/nowhere/consume', {}),
      harness.post('/rooms/nowhere/consumers/x/resume'),
      harness.delete('/rooms/nowhere/producers/x'),
    ])) {
      expect(anonymous(answer)).toEqual(anonymous(missing));
    }
  });

  it('carry ids that cannot break out', async () => {
    for (const id of ['__proto__', 'constructor', '..%2f..', '%00', 'x'.repeat(5_000), '%0d%0aX-Evil:1']) {
      const answer = await harness.get(`/rooms/room/consumers/${id}`);
      expect(answer.status).toBe(404);
      const resumed = await harness.post(`/rooms/room/consumers/${id}/resume`);
      expectProblem(resumed, 'consumer-not-found');
    }
  });
});

describe('a room called', () => {
  it.each(['.', '..'])('%s is refused: most clients could never reach it', async (roomId) => {
    // Those that take it for a step in the path are not asked.
    const sent = ask(harness.url, {
      path: `/api/rooms/${roomId}/create`,
      method: 'POST',
      headers: { authorization: `Bearer ${serviceToken()}` },
    }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect([response.statusCode, JSON.parse(await text(response))]).toEqual([
      422,
      expect.objectContaining({ code: 'validation-failed' }),
    ]);
  });
});

describe('the server itself', () => {
  it('tells without a token that it is alive and ready, and no more', async () => {
    const health = await request(harness.url).get('/health');
    expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
    const ready = await request(harness.url).get('/ready');
    expect(ready.body).toEqual({ ready: true, checks: { workers: true, serving: true } });
    expectProblem(await api('/node'), 'unauthenticated');
  });

  it('describes itself', async () => {
    const answer = await harness.get('/node');
    expect(answer.body).toMatchObject({
      bootId: harness.mediaServer.bootId,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      workers: { expected: 1, up: [{ index: 0, pid: expect.any(Number), rooms: 2 }] },
    });
  });
});
