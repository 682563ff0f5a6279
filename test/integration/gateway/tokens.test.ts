/** Tokens at a gateway as it runs in production: who gets none, what it does not start with, and tokens that end. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import type { JoinAnswer } from '@crossfade/shared/signalling';
import { io, type Socket } from 'socket.io-client';
import { freePort } from './free-port.ts';
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, userKey } from './stack.ts';

const media = { audio: true, video: true, screen: false };
/** Clocks may be 30 s apart: a token that ended so long ago is good for two seconds more. */
const ALMOST_OVER_S = -28;

let gateway: GatewayProcess;
let metricsUrl: string;
beforeAll(async () => {
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${String(port)}/metrics`;
  gateway = await startGatewayProcess({
    NODE_ENV: 'production',
    METRICS_PORT: String(port),
    MEDIA_SERVER_URLS: 'http://127.0.0.1:9',
    LOG_LEVEL: 'debug',
  });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  expect(gateway.output()).not.toMatch(/eyJ/);
});

const tokenOf = (sub: string, lifetimeS = 600) => signUserToken(userKey, { sub, name: sub }, lifetimeS);
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

describe('in production', () => {
  test.each([
    ['POST', '/api/tokens'],
    ['POST', '/api/tokens/'],
    ['POST', '/API/Tokens'],
    ['POST', '//api/tokens'],
    ['POST', '/api/tokens?NODE_ENV=development'],
    ['PUT', '/api/tokens'],
    ['GET', '/api/tokens'],
  ])('nobody hands out tokens: %s %s', async (method, where) => {
    const response = await fetch(`${gateway.url}${where}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokenOf('ann')}` },
      ...(method !== 'GET' && { body: '{"name":"x"}' }),
    });
    expect([response.status, await codeOf(response)]).toEqual([404, 'route-not-found']);
  });

  test('metrics are at a port of their own', async () => {
    expect(await (await fetch(metricsUrl)).text()).toContain('crossfade_sockets');
    expect(await codeOf(await fetch(`${gateway.url}/metrics`))).toBe('route-not-found');
    expect((await fetch(new URL('/api/calls', metricsUrl))).status).toBe(404);
  });

  const refused: [string, Record<string, string>, string][] = [
    ['no secrets', { USER_JWT_SECRET: '', SERVICE_JWT_SECRET: '' }, 'Setting SERVICE_JWT_SECRET is not set.'],
    [
      'a short one',
      { USER_JWT_SECRET: 'fd5e1c0a' },
      'Setting USER_JWT_SECRET must be at least 32 bytes long.',
    ],
    [
      'one out of an example',
      { USER_JWT_SECRET: 'change-me-please-0123456789abcdefgh' },
      'Setting USER_JWT_SECRET must not be guessable in production: use openssl rand -hex 32.',
    ],
    [
      'one for both',
      { USER_JWT_SECRET: secrets.SERVICE_JWT_SECRET },
      'Setting USER_JWT_SECRET must not be SERVICE_JWT_SECRET in production.',
    ],
    [
      'a word for it that is none',
      { NODE_ENV: 'prod' },
      'Setting NODE_ENV must be production, development or test.',
    ],
  ];
  test.each(refused)('it does not start with %s', async (_what, settings, sentence) => {
    const program = path.resolve(import.meta.dirname, '../../../gateway/dist/main.js');
    const child = spawn(process.execPath, [program], {
      cwd: tmpdir(),
      env: {
        ...secrets,
        NODE_ENV: 'production',
        PORT: '0',
        METRICS_PORT: '0',
        DATA_DIR: tmpdir(),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [said, complained, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number]>,
    ]);
    expect([status, said, complained]).toEqual([1, '', `${sentence}\n`]);
  });
});

describe('a token that ends during a long connection', () => {
  /** A page's own Socket.IO client: it comes back by itself, with whatever token there is then. */
  function page(tokens: () => string): Socket {
    return io(gateway.url, {
      transports: ['websocket'],
      auth: (give) => {
        give({ token: tokens() });
      },
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
      forceNew: true,
    });
  }
  const next = <T>(socket: Socket, event: string) =>
    new Promise<T>((resolve) => socket.once(event, (value: T) => resolve(value)));

  test('is told; the client comes back with a fresh one and resumes, and nobody has left', async () => {
    const other = await ScriptedClient.connect(gateway.url, tokenOf('other'));
    const callId = 'long';
    await other.must('call:join', { callId, media });
    const asked: string[] = [];
    const socket = page(() => {
      const token = tokenOf('page', asked.length === 0 ? ALMOST_OVER_S : 600);
      asked.push(token);
      return token;
    });
    try {
      await next(socket, 'connect');
      const join = { callId, media };
      const joined = (await socket.timeout(8_000).emitWithAck('call:join', join)) as JoinAnswer;
      const { participantId, sessionId } = joined;
      const told = next<{ error: { code: string } }>(socket, 'connection:closing');
      const cut = next<string>(socket, 'disconnect');
      const back = cut.then(() => next(socket, 'connect'));
      expect((await told).error).toMatchObject({ code: 'unauthenticated', retryable: false });
      expect(await cut).toBe('transport close');
      await back;
      expect(asked).toHaveLength(2);
      const resume = { ...join, resume: { participantId, sessionId } };
      const resumed = (await socket.timeout(8_000).emitWithAck('call:join', resume)) as JoinAnswer;
      expect(resumed).toMatchObject({ ok: true, participantId, sessionId });
      await other.event('call:participant-updated', ({ participant }) => participant.connected);
      expect(other.count('call:participant-left')).toBe(0);
    } finally {
      socket.disconnect();
      other.close();
    }
  });

  test('who comes back with the old one is told so, and stays out', async () => {
    const old = tokenOf('stubborn', ALMOST_OVER_S);
    const socket = page(() => old);
    try {
      await next(socket, 'connect');
      const { data } = await next<Error & { data?: { code: string } }>(socket, 'connect_error');
      expect(data?.code).toBe('unauthenticated');
      expect(socket.active).toBe(false);
    } finally {
      socket.disconnect();
    }
  });

  test('the REST API: refused from then on, and a fresh one is good', async () => {
    const ask = (token: string) =>
      fetch(`${gateway.url}/api/calls/none`, { headers: { authorization: `Bearer ${token}` } });
    const old = tokenOf('reader', ALMOST_OVER_S);
    expect((await ask(old)).status).toBe(404);
    const limit = performance.now() + 8_000;
    let refused = await ask(old);
    while (refused.status === 404 && performance.now() < limit) {
      await setTimeout(200);
      refused = await ask(old);
    }
    expect([refused.status, refused.headers.get('www-authenticate'), await codeOf(refused)]).toEqual([
      401,
      'Bearer',
      'unauthenticated',
    ]);
    expect((await ask(tokenOf('reader'))).status).toBe(404);
  });

  test('a service’s token, a user’s for another gateway, and one in the address are none', async () => {
    const stranger = { ...userKey, secret: randomBytes(32).toString('hex') };
    const foreign = await fetch(`${gateway.url}/api/calls/none`, {
      headers: { authorization: `Bearer ${signUserToken(stranger, { sub: 'x' }, 60)}` },
    });
    expect(foreign.status).toBe(401);
    const inAddress = await fetch(`${gateway.url}/api/calls/none?token=${tokenOf('careless')}`);
    expect(inAddress.status).toBe(401);
  });
});
