import { beforeAll, describe, expect, test } from '@jest/globals';
import { CodedError } from '@crossfade/shared/errors';
import type { Express } from 'express';
import { Registry } from 'prom-client';
import request from 'supertest';
import { createHttp, finishHttp, route } from './http.ts';
import { silentLog, type Log } from './log.ts';

let app: Express;
const logged: object[] = [];
const log = {
  ...silentLog,
  error: (_message: string, fields: object) => logged.push(fields),
} as unknown as Log;
const registry = new Registry();

beforeAll(() => {
  app = createHttp({ log: silentLog, registry, bodyLimitBytes: 1_000 });
  app.post(
    '/echo/:id',
    route('/echo/:id', (req, res) => res.json(req.body)),
  );
  app.get(
    '/full',
    route('/full', () => {
      throw new CodedError('no-capacity');
    }),
  );
  app.get(
    '/quarantined',
    route('/quarantined', () => {
      throw new CodedError('room-quarantined', undefined, { retryAfterS: 59.2 });
    }),
  );
  app.get(
    '/bug',
    route('/bug', () => Promise.reject(new Error('password of the database'))),
  );
  finishHttp(app, { log });
});

const post = (body: string, type = 'application/json') =>
  request(app).post('/echo/1').set('content-type', type).send(body);

describe('errors are problem documents', () => {
  test.each<[string, () => request.Test, number, string]>([
    ['malformed JSON', () => post('{'), 400, 'malformed-json'],
    ['JSON 500 deep that never ends', () => post('['.repeat(500)), 413, 'payload-too-large'],
    [
      'a list of 257',
      () => post(JSON.stringify(Array.from({ length: 257 }, () => 1))),
      413,
      'payload-too-large',
    ],
    ['UTF-16', () => post('{}', 'application/json; charset=utf-16'), 415, 'unsupported-media-type'],
    ['too large', () => post(JSON.stringify('x'.repeat(1_000))), 413, 'payload-too-large'],
    [
      'another character set',
      () => post('{}', 'application/json; charset=latin9'),
      415,
      'unsupported-media-type',
    ],
    ['nothing there', () => request(app).get('/nothing'), 404, 'route-not-found'],
    ['no capacity', () => request(app).get('/full'), 503, 'no-capacity'],
  ])('%s', async (_what, send, status, code) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.type).toBe('application/problem+json');
    const problem = JSON.parse(response.text) as Record<string, unknown>;
    expect(problem).toMatchObject({
      status,
      code,
      type: `urn:crossfade:problem:${code}`,
      requestId: response.headers['x-request-id'],
    });
    expect(response.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  });

  test('a bug is told without its message or stack', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const response = await request(app).get('/bug').set('traceparent', `00-${traceId}-b7ad6b7169203331-01`);
    expect(response.status).toBe(500);
    // Whoever has the answer, or the trace, finds what happened.
    expect(logged).toEqual([
      expect.objectContaining({ requestId: response.headers['x-request-id'], traceId, path: '/bug' }),
    ]);
    expect(response.text).not.toMatch(/password|\.ts|stack/);
  });
});

test('32 deep and 256 long is fine', async () => {
  const deep = `${'['.repeat(32)}${']'.repeat(32)}`;
  expect((await post(deep)).text).toBe(deep);
  expect((await post(JSON.stringify(Array.from({ length: 256 }, () => 1)))).status).toBe(200);
});

test('what knows how long to wait says it', async () => {
  expect((await request(app).get('/quarantined')).headers['retry-after']).toBe('60');
});

test.each(['null', '"a"', '3'])('%s is JSON', async (body) => {
  const response = await post(body);
  expect([response.status, response.text]).toEqual([200, body]);
});

test('the caller’s request id is kept if it is sane', async () => {
  expect((await post('{}').set('x-request-id', 'mine-1')).headers['x-request-id']).toBe('mine-1');
  expect((await post('{}').set('x-request-id', 'a b"')).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('durations are counted by the route’s template, after errors too', async () => {
  await post('{}');
  await request(app).get('/full');
  const text = await registry.metrics();
  expect(text).toMatch(/route="\/echo\/:id",status="200"/);
  expect(text).toMatch(/route="\/full",status="503"/);
  expect(text).not.toMatch(/route="\/echo\/1"/);
});
