/** Any JSON, and the worst of what the schemas allow, at every request and route there is: never `internal`, never a dead gateway. */
import { expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { ERROR_CATALOGUE } from '@crossfade/shared/errors';
import { GATEWAY_ROUTES } from '@crossfade/shared/gateway-routes';
import { clientRequests, type ClientRequestName } from '@crossfade/shared/signalling';
import fc from 'fast-check';
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { hostileTexts, hostileValues } from './hostile-values.ts';
import { dtlsParameters, opus } from './media.ts';
import { ScriptedClient } from './scripted-client.ts';
import { userKey } from './stack.ts';
import { RUNNING, unharmed } from './unharmed.ts';

const RUNS = 12;
const media = { audio: true, video: true, screen: false };
const unlimited = Object.fromEntries(
  ['CONNECTIONS_PER_MINUTE', 'JOINS_PER_MINUTE', 'SIGNALS_PER_SECOND', 'MEDIA_REQUESTS_PER_SECOND']
    .concat('MESSAGES_PER_SECOND', 'REQUESTS_PER_SECOND', 'REST_REQUESTS_PER_SECOND', 'TOKENS_PER_MINUTE')
    .concat('SOCKET_MESSAGES_PER_SECOND', 'SOCKETS_PER_USER')
    .map((name) => [`MAX_${name}`, '10000']),
);

let gateway: GatewayProcess;
const guard = unharmed(async (settings) => {
  gateway = await startGatewayProcess({ ...unlimited, ...settings, SWITCH_TIMEOUT_MS: '20000' });
  return { url: gateway.url, written: () => gateway.output(), stop: () => gateway.stop() };
});

const tokenOf = (sub: string, claims: object = {}) =>
  signUserToken(userKey, { sub, name: '\u001b[2J\u202E', ...claims }, 600);
const boss = { grants: { publish: true, subscribe: true, moderate: true } };

/** Somebody alone in a call on the media server, with a transport and a producer. */
class Somebody {
  readonly client: ScriptedClient;
  callId = '';
  ids: string[] = [];

  constructor(client: ScriptedClient) {
    this.client = client;
  }

  async enter(): Promise<void> {
    const { client } = this;
    this.callId = `random-${(calls += 1)}`;
    client.forget();
    const { callId } = this;
    const { participantId } = await client.must('call:join', { callId, media });
    const { transitionId } = await client.phase('prepare');
    await client.must('call:mode-switched', { callId, transitionId, success: true });
    await client.phase('commit');
    const acting = { callId, epoch: 1 };
    const send = await client.must('media:create-transport', { ...acting, direction: 'send' });
    const receive = await client.must('media:create-transport', { ...acting, direction: 'recv' });
    await client.must('media:connect-transport', { ...acting, transportId: send.id, dtlsParameters });
    const track = { kind: 'audio', source: 'microphone', rtpParameters: opus(calls) } as const;
    const producer = await client.must('media:produce', { ...acting, transportId: send.id, ...track });
    this.ids = [participantId, send.id, receive.id, producer.id, transitionId];
  }

  async isIn(): Promise<boolean> {
    return (await this.client.codeOf('call:update', { callId: this.callId, media })) === 'ok';
  }
}
let calls = 0;

/** Whatever it is: coded, and not for want of a better code. */
function expectCoded(code: string, sent: unknown): void {
  const known = code === 'ok' || Object.hasOwn(ERROR_CATALOGUE, code);
  const bad = !known || code === 'internal' || code === 'timeout' || code === 'records-unavailable';
  if (bad) throw new Error(`${code}: ${JSON.stringify(sent)}`);
}

/** In the call the client is in, and under its epoch, more often than not. */
function aimed(payload: unknown, callId: string, where: number): unknown {
  if (typeof payload !== 'object' || payload === null || where === 0) return payload;
  return { ...payload, ...('callId' in payload && { callId }), ...('epoch' in payload && { epoch: 1 }) };
}

test.each(Object.keys(clientRequests) as ClientRequestName[])('%s', async (name) => {
  const stranger = await ScriptedClient.connect(guard.url, tokenOf(`stranger-${name}`));
  const somebody = new Somebody(
    await ScriptedClient.connect(
      guard.url,
      tokenOf(`somebody-${name}`, {
        ...boss,
        policy: { mode: 'sfu' },
        calls: ['random-*', '__proto__', 'constructor'],
      }),
    ),
  );
  await somebody.enter();
  const shaped = hostileValues(clientRequests[name].request, () => [...somebody.ids, ...guard.ids, RUNNING]);
  const payloads = fc.oneof({ weight: 4, arbitrary: shaped }, { weight: 1, arbitrary: fc.jsonValue() });
  await fc.assert(
    fc.asyncProperty(payloads, fc.nat({ max: 4 }), async (payload, where) => {
      // Somebody who has joined nothing may join, but not the call that runs: it is counted.
      const calm = { ...(payload as object | null), callId: `elsewhere-${String(where)}` };
      expectCoded(await stranger.codeOf(name, name === 'call:join' ? calm : payload), payload);
      const own = aimed(payload, somebody.callId, where);
      expectCoded(await somebody.client.codeOf(name, own), own);
      if (!(await somebody.isIn())) await somebody.enter();
    }),
    { numRuns: RUNS },
  );
  stranger.close();
  somebody.client.close();
  expect(gateway.output()).not.toMatch(/"level":"error"/);
});

const routes = GATEWAY_ROUTES.filter(({ onMetricsPort }) => !onMetricsPort).map((route) => ({
  ...route,
  what: `${route.method.toUpperCase()} ${route.path}`,
}));
test.each(routes)('$what', async ({ method, path, query, body }) => {
  const known = () => ['running-1', RUNNING, ...guard.ids];
  const nothing = fc.constant<unknown>({});
  const parts = fc.tuple(
    hostileTexts(known),
    query ? hostileValues(query, known) : nothing,
    fc.oneof({ weight: 3, arbitrary: body ? hostileValues(body, known) : nothing }, fc.jsonValue()),
  );
  await fc.assert(
    fc.asyncProperty(parts, async ([id, search, sent]) => {
      const where = new URL(path.replace(':id', encodeURIComponent(id.toWellFormed())), guard.url);
      for (const [name, value] of Object.entries(search as object))
        where.searchParams.append(name, typeof value === 'string' ? value : JSON.stringify(value));
      const answer = await fetch(where, {
        method: method.toUpperCase(),
        headers: { authorization: `Bearer ${tokenOf('rest', boss)}`, 'content-type': 'application/json' },
        ...(method !== 'get' && { body: JSON.stringify(sent) }),
      });
      const text = await answer.text();
      expect([where.href, answer.status < 500, answer.status < 500 ? '' : text]).toEqual([
        where.href,
        true,
        '',
      ]);
      if (answer.status >= 400)
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    }),
    { numRuns: 4 * RUNS },
  );
  expect(gateway.output()).not.toMatch(/"level":"error"/);
});

test('any name', async () => {
  const client = await ScriptedClient.connect(guard.url, tokenOf('names'));
  // Those that Socket.IO keeps for itself are not sent by its client.
  const own = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
  const names = hostileTexts(() => Object.keys(clientRequests).map((name) => `${name} `)).filter(
    (name) => !own.includes(name),
  );
  await fc.assert(
    fc.asyncProperty(names, fc.jsonValue(), async (name, payload) => {
      const code = await client.codeOf(name, payload);
      expect([name, code]).toEqual([name, 'route-not-found']);
    }),
    { numRuns: 100 },
  );
  client.close();
});

test.each([
  ['from=0000-01-01T00:00:00Z', 422],
  ['to=9999-12-31T23:59:59-23:59', 422],
  ['from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z', 200],
  [`cursor=${Buffer.from('999999999999999 x').toString('base64url')}`, 422],
  ['userId=%00', 200],
  ['userId=%F0%9F%92%A9%00&limit=200', 200],
])('moments and users that databases do not know: %s', async (search, status) => {
  const answer = await fetch(`${guard.url}/api/calls?${search}`, {
    headers: { authorization: `Bearer ${tokenOf('rest', boss)}` },
  });
  expect(answer.status).toBe(status);
});
