/** What clients should not send: each gets its coded answer, and the call beside it goes on. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import jwt from 'jsonwebtoken';
import type { Gateway } from '../../../gateway/src/app.ts';
import { capturedLog } from '../media-server/captured-log.ts';
import { dtlsParameters, opus } from './media.ts';
import { ScriptedClient } from './scripted-client.ts';
import { secrets, serviceKey, startScriptedGateway, userKey } from './stack.ts';
import { RUNNING, unharmed } from './unharmed.ts';

const media = { audio: true, video: true, screen: false };
const produceRequest = (rtpParameters: unknown) => ({
  callId: 'x',
  epoch: 1,
  transportId: 't',
  kind: 'audio',
  source: 'microphone',
  rtpParameters,
});
const user = { sub: 'u', name: 'U' };

const { log, lines } = capturedLog();
const open = new Set<ScriptedClient>();
const stack = {
  gateway: undefined as unknown as Gateway,
  async client(name: string, claims: Partial<Parameters<typeof signUserToken>[1]> = {}) {
    const token = signUserToken(userKey, { sub: `user-${name}`, name, ...claims }, 60);
    const client = await ScriptedClient.connect(stack.gateway.url, token);
    open.add(client);
    return client;
  },
};
const guard = unharmed(
  async (settings) => {
    const joins = { MAX_JOINS_PER_MINUTE: '10000', MAX_CONNECTIONS_PER_MINUTE: '10000' };
    stack.gateway = await startScriptedGateway({ ...settings, ...joins }, undefined, log);
    return { url: stack.gateway.url, written: () => lines.join('\n'), stop: () => stack.gateway.close() };
  },
  { MAX_TRANSPORTS_PER_PARTICIPANT: '6' },
);

/** Three people whose call is on the media server, as every test finds and leaves it. */
let people: ScriptedClient[];
let ids: string[];
let calls = 0;
let callId: string;

afterAll(() => {
  for (const client of open) client.close();
});

beforeEach(async () => {
  callId = `call-${(calls += 1)}`;
  people = await Promise.all(['a', 'b', 'c'].map((name) => stack.client(name)));
  ids = [];
  for (const client of people) ids.push((await client.must('call:join', { callId, media })).participantId);
  for (const client of people) {
    const { transitionId } = await client.phase('prepare');
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  await person(0).phase('commit');
});

afterEach(async () => {
  // Nothing was harmed: the same people are in the call, in the same mode, and can still send.
  const rest = await fetch(`${stack.gateway.url}/api/calls/${callId}`, {
    headers: { authorization: `Bearer ${signUserToken(userKey, user, 60)}` },
  });
  const { live } = (await rest.json()) as { live: { phase: string; epoch: number; participants: unknown[] } };
  expect(live).toMatchObject({ phase: 'sfu', epoch: 1 });
  expect(live.participants).toHaveLength(3);
  await produce(person(0), 7);
  for (const client of people) {
    await client.request('call:leave', { callId });
    client.close();
  }
});

function person(index: number): ScriptedClient {
  const client = people[index];
  if (!client) throw new Error(`no person ${index}`);
  return client;
}

async function produce(client: ScriptedClient, ssrc: number) {
  const { id: transportId } = await client.must('media:create-transport', {
    callId,
    epoch: 1,
    direction: 'send',
  });
  const producer = { kind: 'audio', source: 'microphone', rtpParameters: opus(ssrc) } as const;
  const { id: producerId } = await client.must('media:produce', {
    callId,
    epoch: 1,
    transportId,
    ...producer,
  });
  return { transportId, producerId, producer };
}

describe('tokens', () => {
  const refused = async (token: unknown) => {
    const error = await ScriptedClient.connect(stack.gateway.url, token as string).catch(
      (thrown: unknown) => thrown,
    );
    return (error as { data?: { code: string } }).data?.code;
  };

  test.each([
    ['none', undefined],
    ['not a token', 'x.y.z'],
    ['signed with another secret', signUserToken({ ...userKey, secret: 'x'.repeat(32) }, user, 60)],
    ['expired', signUserToken(userKey, user, -31)],
    ['of another issuer', signUserToken({ ...userKey, issuer: 'somebody' }, user, 60)],
    ['for the media server', signServiceToken(serviceKey, { subject: 'x', lifetimeS: 60 })],
    [
      'unsigned',
      jwt.sign({ ...user, typ: 'user' }, '', {
        algorithm: 'none',
        audience: 'gateway',
        issuer: 'crossfade',
        expiresIn: 60,
      }),
    ],
    [
      'without an end',
      jwt.sign({ ...user, typ: 'user' }, secrets.USER_JWT_SECRET, {
        audience: 'gateway',
        issuer: 'crossfade',
      }),
    ],
    [
      'not yet good',
      jwt.sign({ ...user, typ: 'user' }, secrets.USER_JWT_SECRET, {
        audience: 'gateway',
        issuer: 'crossfade',
        // Made when the suite is read: on a busy machine that may be minutes ago.
        expiresIn: 7_200,
        notBefore: 3_600,
      }),
    ],
  ])('%s is refused at the door', async (_what, token) => {
    expect(await refused(token)).toBe('unauthenticated');
  });

  test('a token for another call', async () => {
    const client = await stack.client('x', { calls: ['other-*'] });
    expect(await client.codeOf('call:join', { callId, media })).toBe('forbidden');
  });

  test('a token without the grants', async () => {
    await person(2).must('call:leave', { callId });
    const client = await stack.client('x', { grants: { publish: false, subscribe: false } });
    const joined = await client.must('call:join', { callId, media });
    // Nobody waits for what cannot come.
    const { participantId, participants } = joined;
    const me = participants.find((each) => each.participantId === participantId);
    expect(me?.media).toEqual({ audio: false, video: false, screen: false });
    const { id: transportId } = await client.must('media:create-transport', {
      callId,
      epoch: 1,
      direction: 'send',
    });
    const producer = { kind: 'audio', source: 'microphone', rtpParameters: opus(1) };
    expect(await client.codeOf('media:produce', { callId, epoch: 1, transportId, ...producer })).toBe(
      'forbidden',
    );
    const consume = { callId, epoch: 1, transportId, producerIds: ['p'], rtpCapabilities: {} };
    expect(await client.codeOf('media:consume', consume)).toBe('forbidden');
  });
});

describe('payloads', () => {
  test.each([
    ['nothing', 'call:join', undefined],
    ['a number', 'call:join', 7],
    ['an id with a path in it', 'call:join', { callId: '../x', media }],
    ['a wrong type', 'call:join', { callId: 5, media }],
    [
      'media that is no boolean',
      'call:update',
      { callId: 'x', media: { audio: 1, video: true, screen: false } },
    ],
    ['a signal without content', 'call:signal', { callId: 'x', to: 'y', epoch: 0 }],
    [
      'an SDP of 65 KB',
      'call:signal',
      { callId: 'x', to: 'y', epoch: 0, description: { type: 'offer', sdp: 'x'.repeat(65_537) } },
    ],
    ['an epoch that is negative', 'media:create-transport', { callId: 'x', epoch: -1, direction: 'send' }],
    [
      'an SSRC of 2^32',
      'media:produce',
      {
        callId: 'x',
        epoch: 1,
        transportId: 't',
        kind: 'audio',
        source: 'microphone',
        rtpParameters: opus(2 ** 32),
      },
    ],
    ...[-1, 0, 1.5, null, '7'].map((ssrc): [string, string, unknown] => [
      `an SSRC of ${String(ssrc)}`,
      'media:produce',
      produceRequest({ ...opus(7), encodings: [{ ssrc }] }),
    ]),
    [
      'a payload type of 999',
      'media:produce',
      produceRequest({ ...opus(7), codecs: opus(7).codecs.map((codec) => ({ ...codec, payloadType: 999 })) }),
    ],
    [
      'a header extension of id 999',
      'media:produce',
      produceRequest({
        ...opus(7),
        headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 999 }],
      }),
    ],
    ['a mid of 33 characters', 'media:produce', produceRequest({ ...opus(7), mid: 'x'.repeat(33) })],
    [
      'a cname of 10 KB',
      'media:produce',
      produceRequest({ ...opus(7), rtcp: { cname: 'x'.repeat(10_000) } }),
    ],
    ['another source', 'media:produce', { ...produceRequest(opus(7)), source: 'injection' }],
    [
      'no fingerprints',
      'media:connect-transport',
      { callId: 'x', epoch: 1, transportId: 't', dtlsParameters: { fingerprints: [] } },
    ],
    [
      'a fingerprint of MD5',
      'media:connect-transport',
      {
        callId: 'x',
        epoch: 1,
        transportId: 't',
        dtlsParameters: { fingerprints: [{ algorithm: 'md5', value: Array(16).fill('AB').join(':') }] },
      },
    ],
    [
      'a fingerprint “zz”',
      'media:connect-transport',
      {
        callId: 'x',
        epoch: 1,
        transportId: 't',
        dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'zz' }] },
      },
    ],
  ])('%s', async (_what, name, payload) => {
    expect(await person(0).codeOf(name, payload)).toBe('validation-failed');
  });

  test.each<[string, string, unknown]>([
    ['a mid of 100 KB', 'media:produce', produceRequest({ ...opus(7), mid: 'x'.repeat(100_000) })],
    [
      'ten thousand codecs',
      'media:consume',
      {
        callId: 'x',
        epoch: 1,
        transportId: 't',
        producerId: 'p',
        rtpCapabilities: { codecs: Array.from({ length: 10_000 }, () => 0) },
      },
    ],
  ])('%s is too large, and said to be so at once', async (_what, name, payload) => {
    const took: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      const before = performance.now();
      expect(await person(0).codeOf(name, payload)).toBe('payload-too-large');
      took.push(performance.now() - before);
    }
    // The way there and back is in it, and whatever else this machine does.
    expect(Math.min(...took)).toBeLessThan(20);
  });

  test('a cname of 7 MB ends that connection only', async () => {
    const rude = await stack.client('rude-cname');
    const closed = new Promise((resolve) => rude.socket.once('disconnect', resolve));
    rude.socket.emit('media:produce', produceRequest({ ...opus(7), rtcp: { cname: 'x'.repeat(7_000_000) } }));
    await closed;
  });

  test('what a client says it is and may is ignored, and so are ids of its own', async () => {
    await person(2).must('call:leave', { callId });
    const client = await stack.client('x');
    const claims = JSON.parse(
      '{"grants":{"moderate":true},"userId":"boss","appData":{"role":"admin"},"__proto__":{"admin":true},"participantId":"mine"}',
    ) as object;
    const answer = (await client.raw('call:join', { callId, media, ...claims })) as {
      participantId?: string;
    };
    expect(answer.participantId).not.toBe('mine');
    expect(await client.codeOf('moderate:end', { callId, ...claims })).toBe('forbidden');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
    const acting = { callId, epoch: 1 };
    const { id: transportId } = await client.must('media:create-transport', { ...acting, direction: 'send' });
    const producer = { ...produceRequest(opus(4_720)), ...acting, transportId, id: 'x'.repeat(100_000 / 4) };
    const made = (await client.raw('media:produce', producer)) as { id?: string };
    expect(made.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('an unknown request, or one named like a property of every object', async () => {
    expect(await person(0).codeOf('call:destroy', {})).toBe('route-not-found');
    expect(await person(0).codeOf('constructor', {})).toBe('route-not-found');
  });

  test('a message of more than 128 KB ends that connection only', async () => {
    const rude = await stack.client('rude');
    const closed = new Promise((resolve) => rude.socket.once('disconnect', resolve));
    rude.socket.emit('call:signal', { callId, sdp: 'x'.repeat(200_000) });
    await closed;
  });

  test('names cannot carry control characters to others', async () => {
    await person(2).must('call:leave', { callId });
    const client = await stack.client('x');
    await client.must('call:join', { callId, media, displayName: 'Eve\r\n\u001b[2J\u0000' });
    const { participant } = await person(0).event('call:participant-joined', (event) =>
      event.participant.displayName.startsWith('Eve'),
    );
    expect(participant.displayName).toBe('Eve [2J');
  });
});

describe('out of place', () => {
  test('requests without having joined', async () => {
    const stranger = await stack.client('stranger');
    for (const [name, payload] of [
      ['call:leave', { callId }],
      ['call:update', { callId, media }],
      ['call:signal', { callId, to: ids[0], epoch: 1, candidate: null }],
      ['media:create-transport', { callId, epoch: 1, direction: 'send' }],
      ['media:close-producer', { callId, epoch: 1, producerId: 'p' }],
    ] as const) {
      expect([name, await stranger.codeOf(name, payload)]).toEqual([name, 'not-joined']);
    }
  });

  test('a signal to someone who is not in the call, or to oneself', async () => {
    const signal = { callId, epoch: 0, candidate: null };
    expect(await person(0).codeOf('call:signal', { ...signal, to: 'nobody' })).toBe('participant-not-found');
    expect(await person(0).codeOf('call:signal', { ...signal, to: ids[0] })).toBe('participant-not-found');
  });

  test('a stale epoch', async () => {
    expect(await person(0).codeOf('media:create-transport', { callId, epoch: 0, direction: 'send' })).toBe(
      'stale-epoch',
    );
    expect(await person(0).codeOf('call:signal', { callId, to: ids[1], epoch: 0, candidate: null })).toBe(
      'stale-epoch',
    );
  });

  test('a confirmation of a transition that is over, or that never was', async () => {
    const { transitionId } = await person(0).phase('prepare');
    const measured = {
      callId,
      transitionId: transitionId.replace(/\d+$/, '999'),
      success: true,
      measured: { gapMs: 1 },
    };
    expect(await person(0).codeOf('call:mode-switched', measured)).toBe('transition-over');
    const over = { callId, transitionId, success: false };
    expect(await person(0).codeOf('call:mode-switched', over)).toBe('transition-over');
    expect(await person(0).codeOf('call:mode-switched', { ...over, transitionId: 'none:9' })).toBe(
      'transition-over',
    );
  });

  test('somebody else’s transport or producer, and one that does not exist, are answered the same', async () => {
    const { transportId, producerId, producer } = await produce(person(0), 4711);
    for (const id of [transportId, 'b3b0c442-98fc-4c14-9afb-f4c8996fb924']) {
      const request = { callId, epoch: 1, transportId: id };
      expect(await person(1).codeOf('media:produce', { ...request, ...producer })).toBe(
        'transport-not-found',
      );
      expect(await person(1).codeOf('media:connect-transport', { ...request, dtlsParameters })).toBe(
        'transport-not-found',
      );
      expect(await person(1).codeOf('media:restart-ice', request)).toBe('transport-not-found');
    }
    for (const id of [producerId, 'b3b0c442-98fc-4c14-9afb-f4c8996fb924']) {
      const request = { callId, epoch: 1, producerId: id };
      expect(await person(1).codeOf('media:close-producer', request)).toBe('producer-not-found');
      expect(await person(1).codeOf('media:pause-producer', request)).toBe('producer-not-found');
    }
  });

  test('connecting a transport twice', async () => {
    const { id: transportId } = await person(0).must('media:create-transport', {
      callId,
      epoch: 1,
      direction: 'send',
    });
    await person(0).must('media:connect-transport', { callId, epoch: 1, transportId, dtlsParameters });
    const again = { callId, epoch: 1, transportId, dtlsParameters };
    expect(await person(0).codeOf('media:connect-transport', again)).toBe('transport-already-connected');
  });

  test('another call: its signals, its room, its moderation', async () => {
    const [to = ''] = guard.ids;
    const running = { callId: RUNNING };
    for (const [name, payload] of [
      ['call:signal', { ...running, to, epoch: 1, candidate: null }],
      ['call:leave', running],
      ['call:update', { ...running, media }],
      ['call:path', { ...running, with: to, state: 'failed' }],
      ['call:mode-switched', { ...running, transitionId: 'x:2', success: false }],
      ['media:create-transport', { ...running, epoch: 1, direction: 'send' }],
      ['chat:send', { ...running, text: 'hello', clientMessageId: '1' }],
      ['chat:history', running],
    ] as const) {
      expect([name, await person(0).codeOf(name, payload)]).toEqual([name, 'not-joined']);
    }
    const boss = await stack.client('boss', { grants: { moderate: true }, calls: ['none'] });
    for (const name of ['moderate:end', 'moderate:lock', 'moderate:mute', 'moderate:remove'])
      expect(await boss.codeOf(name, { ...running, participantId: to })).toMatch(/^(not-joined|forbidden)$/);
    // To somebody of another call, under the call one is in.
    expect(await person(0).codeOf('call:signal', { callId, to, epoch: 1, candidate: null })).toBe(
      'participant-not-found',
    );
  });

  test('a producer of another call is like one that does not exist', async () => {
    const [owner] = guard.people;
    if (!owner) throw new Error('nobody is in the running call');
    const { id: transportId } = await owner.must('media:create-transport', {
      callId: RUNNING,
      epoch: 1,
      direction: 'send',
    });
    const track = { kind: 'audio', source: 'microphone', rtpParameters: opus(4_730 + calls) } as const;
    const { id: producerId } = await owner.must('media:produce', {
      callId: RUNNING,
      epoch: 1,
      transportId,
      ...track,
    });
    const { id: own } = await person(1).must('media:create-transport', {
      callId,
      epoch: 1,
      direction: 'recv',
    });
    const codes = [];
    for (const id of [producerId, 'b3b0c442-98fc-4c14-9afb-f4c8996fb924'])
      codes.push(
        await person(1).codeOf('media:consume', {
          ...{ callId, epoch: 1, transportId: own, producerId: id },
          rtpCapabilities: { codecs: [] },
        }),
      );
    expect(codes).toEqual(['producer-not-found', 'producer-not-found']);
  });

  test('more transports than there may be', async () => {
    const codes = [];
    for (let made = 0; made < 7; made += 1)
      codes.push(await person(1).codeOf('media:create-transport', { callId, epoch: 1, direction: 'recv' }));
    expect(codes).toEqual([...Array.from({ length: 6 }, () => 'ok'), 'quota-exceeded']);
  });

  test('consuming what one cannot receive', async () => {
    const { producerId } = await produce(person(0), 4712);
    const { id: transportId } = await person(1).must('media:create-transport', {
      callId,
      epoch: 1,
      direction: 'recv',
    });
    const request = { callId, epoch: 1, transportId, producerId, rtpCapabilities: { codecs: [] } };
    expect(await person(1).codeOf('media:consume', request)).toBe('incompatible-capabilities');
  });
});

describe('REST', () => {
  const ask = (path: string, init?: RequestInit) => fetch(`${stack.gateway.url}${path}`, init);

  test.each([
    ['/api/calls', 401],
    ['/api/calls/x', 401],
    ['/api/nothing', 404],
  ])('%s without a token: %d', async (path, status) => {
    const response = await ask(path);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  test('the list of all calls needs the moderate grant', async () => {
    const as = async (moderate: boolean) => {
      const token = signUserToken(userKey, { ...user, grants: { moderate } }, 60);
      return ask('/api/calls?limit=2', { headers: { authorization: `Bearer ${token}` } });
    };
    expect((await as(false)).status).toBe(403);
    const page = (await (await as(true)).json()) as { calls: unknown[]; nextCursor: string | null };
    expect(page.calls.length).toBeGreaterThan(0);
  });

  test('malformed JSON and a cursor that is none', async () => {
    const malformed = await ask('/api/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect([malformed.status, ((await malformed.json()) as { code: string }).code]).toEqual([
      400,
      'malformed-json',
    ]);
    const token = signUserToken(userKey, { ...user, grants: { moderate: true } }, 60);
    const cursor = await ask('/api/calls?cursor=zzz', { headers: { authorization: `Bearer ${token}` } });
    expect(cursor.status).toBe(422);
  });

  test('a call the token is not for is answered like one that never was', async () => {
    const token = signUserToken(userKey, { ...user, calls: ['other'] }, 60);
    const foreign = await ask(`/api/calls/${callId}`, { headers: { authorization: `Bearer ${token}` } });
    const unknown = await ask('/api/calls/other', { headers: { authorization: `Bearer ${token}` } });
    const body = async (response: Response) => ({ ...((await response.json()) as object), requestId: '' });
    expect(foreign.status).toBe(404);
    expect(await body(foreign)).toEqual(await body(unknown));
  });
});

test('a web page of another origin cannot open a connection', async () => {
  const upgrade = (origin: string) =>
    fetch(`${stack.gateway.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } }).then(
      ({ status }) => status,
    );
  expect(await upgrade('https://evil.example')).toBe(403);
  expect(await upgrade(stack.gateway.url)).toBe(200);
});
