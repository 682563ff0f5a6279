/** What the gateway shows of itself: documents, metrics, and the policy of a call that a moderator may change. */
import type { ServerEvent } from '@crossfade/shared/signalling';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { GATEWAY_ROUTES } from '@crossfade/shared/gateway-routes';
import type { ScriptedClient } from './scripted-client.ts';
import { opus, dtlsParameters } from './media.ts';
import { freePort } from './free-port.ts';
import { Stack, userKey } from './stack.ts';

const media = { audio: true, video: true, screen: false };
let stack: Stack;
let metricsUrl: string;

beforeAll(async () => {
  const port = await freePort();
  metricsUrl = `http://127.0.0.1:${String(port)}/metrics`;
  stack = await Stack.start({ METRICS_PORT: String(port) });
});
afterAll(() => stack.close());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${stack.gateway.url}${path}`, { redirect: 'manual', ...init });
const bearer = (claims: object) => ({
  authorization: `Bearer ${signUserToken(userKey, { sub: 'boss', ...claims }, 60)}`,
});

describe('documents', () => {
  test.each([
    ['openapi', 'openapi-gateway'],
    ['asyncapi', 'asyncapi-gateway'],
  ])('/api/%s.json is served without a token, as it is committed', async (name, file) => {
    const response = await ask(`/api/${name}.json`);
    expect(response.status).toBe(200);
    const committed = readFileSync(new URL(`../../../docs/${file}.json`, import.meta.url), 'utf8');
    expect(await response.json()).toEqual(JSON.parse(committed));
  });

  test('the page and its files come from this server only', async () => {
    const redirect = await ask('/docs');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'docs/']);
    const page = await ask('/docs/');
    const text = await page.text();
    expect(text).toContain('Crossfade gateway');
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    const files = [...text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, found]) => found ?? '');
    expect(files).toContain('swagger-ui-bundle.js');
    for (const found of files) expect([found, (await ask(`/docs/${found}`)).status]).toEqual([found, 200]);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('every route in them is there', async () => {
    for (const { method, path, operationId, onMetricsPort } of GATEWAY_ROUTES) {
      if (onMetricsPort) continue;
      const response = await ask(path.replace(':id', 'nothing'), { method: method.toUpperCase() });
      const { code } = response.headers.get('content-type')?.includes('problem')
        ? ((await response.json()) as { code: string })
        : { code: 'none' };
      expect([operationId, code]).not.toEqual([operationId, 'route-not-found']);
    }
  });
});

describe('the policy of a call', () => {
  const patch = (callId: string, body: unknown, claims: object = { grants: { moderate: true } }) =>
    ask(`/api/calls/${callId}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...bearer(claims) },
      body: JSON.stringify(body),
    });
  const policy = { relayed: 'sfu' } as const;

  test('a moderator changes it: what is not named stays, and everyone is told', async () => {
    const people = [await stack.client('policy-1'), await stack.client('policy-2')];
    for (const person of people) await person.must('call:join', { callId: 'policy', media });
    const response = await patch('policy', { policy });
    expect([response.status, await response.json()]).toEqual([
      200,
      { callId: 'policy', locked: false, policy },
    ]);
    const second = await patch('policy', { policy: { maxParticipants: 5 } });
    expect(await second.json()).toMatchObject({ policy: { ...policy, maxParticipants: 5 } });
    // What changes nothing is told nobody; null takes back.
    expect((await patch('policy', { policy: {} })).status).toBe(200);
    const third = await patch('policy', { policy: { relayed: null, screenShare: 'sfu' } });
    const last = { maxParticipants: 5, screenShare: 'sfu' };
    expect(await third.json()).toMatchObject({ policy: last });
    for (const person of people) {
      await person.event('call:updated', (event) => event.policy.screenShare === 'sfu');
      const told = person.events.filter(({ name }) => name === 'call:updated');
      expect(told.map(({ payload }) => (payload as ServerEvent<'call:updated'>).policy)).toEqual([
        policy,
        { ...policy, maxParticipants: 5 },
        last,
      ]);
      person.close();
    }
  });

  test.each([
    ['without the grant', {}, { policy }, 403],
    ['of another call', { grants: { moderate: true }, calls: ['other'] }, { policy }, 404],
    ['of a call that is not', { grants: { moderate: true } }, { policy }, 404],
    ['with a mode there is not', { grants: { moderate: true } }, { policy: { mode: 'x' } }, 422],
    ['with nothing', { grants: { moderate: true } }, {}, 422],
    ['with a misspelt field', { grants: { moderate: true } }, { policy: { maxParticpants: 3 } }, 422],
  ])('%s', async (_what, claims, body, status) => {
    expect((await patch('nobody-here', body, claims)).status).toBe(status);
  });
});

describe('metrics', () => {
  async function metrics(): Promise<string> {
    return (await fetch(metricsUrl)).text();
  }
  const valueOf = (text: string, line: string) =>
    Number(
      text
        .split('\n')
        .find((each) => each.startsWith(line))
        ?.split(' ')
        .at(-1) ?? NaN,
    );

  test('promtool finds nothing to complain about', async () => {
    const text = await metrics();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, '', '']);
  });

  test('tell of sockets, joins, resumes, switches and how long events take', async () => {
    const callId = 'metrics';
    const people: ScriptedClient[] = [];
    for (const name of ['m1', 'm2', 'm3']) people.push(await stack.client(name));
    const joined = [];
    for (const person of people) joined.push(await person.must('call:join', { callId, media }));
    for (const person of people) {
      const { transitionId } = await person.phase('prepare');
      await person.must('call:mode-switched', { callId, transitionId, success: true });
    }
    const [first, second] = people;
    if (!first || !second) throw new Error('nobody');
    await first.phase('commit');
    const { id: transportId } = await first.must('media:create-transport', {
      callId,
      epoch: 1,
      direction: 'send',
    });
    await first.must('media:connect-transport', { callId, epoch: 1, transportId, dtlsParameters });
    await first.must('media:produce', {
      callId,
      epoch: 1,
      transportId,
      kind: 'audio',
      source: 'microphone',
      rtpParameters: opus(99),
    });
    await second.event('new-producer');
    first.close();
    await second.event('call:participant-updated', ({ participant }) => !participant.connected);
    const back = await stack.client('m1');
    const { participantId = '', sessionId = '' } = joined[0] ?? {};
    await back.must('call:join', { callId, media, resume: { participantId, sessionId } });

    const text = await metrics();
    expect(valueOf(text, 'crossfade_sockets{')).toBeGreaterThanOrEqual(3);
    expect(valueOf(text, 'crossfade_resumes_total')).toBe(1);
    expect(valueOf(text, 'crossfade_event_relay_seconds_count')).toBeGreaterThanOrEqual(1);
    expect(valueOf(text, 'crossfade_event_relay_seconds_sum')).toBeLessThan(5);
    expect(valueOf(text, 'crossfade_calls{phase="sfu"')).toBe(1);
    expect(text).toMatch(/crossfade_transitions_total{.*outcome="committed".*} 1/);
  });
});
