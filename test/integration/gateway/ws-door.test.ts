/** The plain WebSocket door in front of a real media server: who is let in, what is told, and people at both doors. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import { frame, RawWebSocket } from '../media-server/raw-web-socket.ts';
import { capturedLog } from '../media-server/captured-log.ts';
import { dtlsParameters, opus } from './media.ts';
import { PttClient, Refusal, type PttConnectOptions } from './ptt-client.ts';
import type { ScriptedClient } from './scripted-client.ts';
import { serviceKey, Stack, startScriptedGateway, userKey } from './stack.ts';

const { log, lines } = capturedLog();
let stack: Stack;
let channels = 0;
const open = new Set<PttClient>();
const nobodySends = { audio: false, video: false, screen: false };

beforeAll(async () => {
  stack = await Stack.start({
    BACK_TO_P2P_DELAY_MS: '200',
    RESUME_WINDOW_MS: '1500',
    ALLOWED_ORIGINS: 'https://app.example',
    TRUSTED_PROXIES: '127.0.0.1',
    MAX_SOCKETS_PER_USER: '3',
  });
});
afterAll(async () => {
  for (const client of open) client.close();
  await stack.close();
});

type Claims = Partial<Parameters<typeof signUserToken>[1]>;
const tokenOf = (name: string, claims: Claims = {}, lifetimeS = 60) =>
  signUserToken(userKey, { sub: `user-${name}`, name, ...claims }, lifetimeS);
const newChannel = () => `channel-${String((channels += 1))}`;

async function radio(name: string, claims: Claims = {}): Promise<PttClient> {
  const client = await PttClient.connect(stack.gateway.url, tokenOf(name, claims));
  open.add(client);
  return client;
}

async function send(client: PttClient, channelId: string, ssrc: number): Promise<string> {
  const { id: transportId } = await client.must('create_transport', { channelId, direction: 'send' });
  await client.must('connect_transport', { channelId, transportId, dtlsParameters });
  return (await client.must('produce', { channelId, transportId, rtpParameters: opus(ssrc) })).id;
}

async function hear(client: PttClient, channelId: string, producerId: string) {
  const { id: transportId } = await client.must('create_transport', { channelId, direction: 'recv' });
  await client.must('connect_transport', { channelId, transportId, dtlsParameters });
  const { rtpCapabilities } = await client.must('get_router_capabilities', { channelId });
  return client.must('consume', { channelId, transportId, producerId, rtpCapabilities });
}

describe('what nobody takes', () => {
  test.each(['/socket.io?EIO=4&transport=websocket', '/socket.iox', '/ws', '/nowhere'])(
    '%s: is answered, and its socket closed although the other end keeps its own open',
    async (path) => {
      const { hostname, port } = new URL(stack.gateway.url);
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      socket.write(
        [`GET ${path} HTTP/1.1`, 'Host: x', ...upgrade, 'Sec-WebSocket-Key: x', '', ''].join('\r\n'),
      );
      expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 4\d\d /);
      await once(socket, 'end');
      // The other end is gone as a whole: what is sent to it is refused.
      socket.on('error', () => undefined);
      while (!socket.destroyed) {
        socket.write('x');
        await pause(20);
      }
    },
  );
});

describe('the upgrade', () => {
  const attempt = async (options: PttConnectOptions, url = stack.gateway.url) => {
    try {
      const client = await PttClient.open(url, options);
      client.close();
      return { protocol: client.web.protocol };
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  };

  test('takes the token from the header, the address or a subprotocol, and answers as browsers need', async () => {
    const token = tokenOf('ways');
    expect(await attempt({ headers: { authorization: `Bearer ${token}` } })).toEqual({ protocol: '' });
    expect(await attempt({ query: `?token=${token}` })).toEqual({ protocol: '' });
    expect(await attempt({ protocols: ['crossfade', `bearer.${token}`] })).toEqual({ protocol: 'crossfade' });
    expect(await attempt({ protocols: [token] })).toEqual({ protocol: token });
  });

  test.each<[string, PttConnectOptions]>([
    ['no token', {}],
    ['nonsense', { query: '?token=nonsense' }],
    ['a token that is over', { headers: { authorization: `Bearer ${tokenOf('late', {}, -120)}` } }],
    [
      'a token of somebody else',
      { query: `?token=${signUserToken({ ...userKey, secret: 'x'.repeat(40) }, { sub: 'x' }, 60)}` },
    ],
  ])('%s: 401, with a problem document', async (_what, options) => {
    expect(await attempt(options)).toMatchObject({
      status: 401,
      problem: { code: 'unauthenticated', status: 401 },
      headers: {
        'content-type': expect.stringContaining('application/problem+json'),
        'www-authenticate': 'Bearer',
      },
    });
  });

  test('foreign pages get 403, allowed ones are let in; other addresses are not there', async () => {
    const authorization = `Bearer ${tokenOf('page')}`;
    expect(await attempt({ headers: { authorization, origin: 'https://evil.example' } })).toMatchObject({
      status: 403,
      problem: { code: 'forbidden' },
    });
    expect(await attempt({ headers: { authorization, origin: 'https://app.example' } })).toEqual({
      protocol: '',
    });
    expect(await attempt({ headers: { authorization } }, `${stack.gateway.url}/elsewhere`)).toMatchObject({
      status: 404,
      problem: { code: 'route-not-found' },
    });
  });

  test('too many connections of one user: 429', async () => {
    const tabs = [await radio('many'), await radio('many'), await radio('many')];
    const refused = attempt({ headers: { authorization: `Bearer ${tokenOf('many')}` } });
    expect(await refused).toMatchObject({
      status: 429,
      problem: { code: 'quota-exceeded' },
      headers: { 'retry-after': expect.anything() },
    });
    for (const tab of tabs) tab.close();
  });

  test('tokens are in no log', async () => {
    const gateway = await startScriptedGateway(
      { MEDIA_SERVER_URLS: 'http://127.0.0.1:9', LOG_LEVEL: 'debug' },
      undefined,
      log,
    );
    const token = tokenOf('logged');
    await attempt({ query: `?token=${token}` }, gateway.url);
    await attempt({ query: `?token=${token}x` }, gateway.url);
    await gateway.close();
    const [, , signature = ''] = token.split('.');
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toContain(signature);
  });
});

describe('a channel', () => {
  test('is a call of push-to-talk on the media server; radios hear each other, and of each other', async () => {
    const channelId = newChannel();
    const ann = await radio('ann');
    const joined = await ann.must('join_channel', { channelId, displayName: 'Ann' });
    expect(joined.state).toMatchObject({
      channelId,
      members: [{ participantId: joined.participantId, displayName: 'Ann', connected: true }],
      media: { epoch: 1, producers: [] },
    });
    const ben = await radio('ben');
    const other = await ben.must('join_channel', { channelId });
    await ann.event('channel_state', ({ members }) => members.length === 2);

    const producerId = await send(ann, channelId, 1_001);
    const { media } = await ben.event('channel_state', (state) => state.media?.producers.length === 1);
    expect(media?.producers).toMatchObject([
      { producerId, participantId: joined.participantId, kind: 'audio' },
    ]);
    expect(await hear(ben, channelId, producerId)).toMatchObject({ producerId, kind: 'audio' });

    await ben.must('leave_channel', { channelId });
    await ann.event('channel_state', ({ members, media: now }) => members.length === 1 && now !== null);
    expect(await ben.codeOf('channel_state', { channelId })).toBe('not-joined');
    expect(other.participantId).not.toBe(joined.participantId);
  });

  test('ping is answered, with what it carried; what is no request is refused and nothing else happens', async () => {
    const ann = await radio('pings');
    expect(await ann.ask('ping', { sentAt: 1 })).toMatchObject({ type: 'pong', data: { sentAt: 1 } });
    ann.say({ type: 'pong', data: {} });
    expect(await ann.codeOf('no_such_thing', {})).toBe('route-not-found');
    expect(await ann.codeOf('join_channel', { channelId: 'no spaces' })).toBe('validation-failed');
    ann.say('{');
    expect(await ann.event('error')).toMatchObject({ code: 'malformed-json' });
    ann.forget();
    ann.say('[]');
    expect(await ann.event('error')).toMatchObject({ code: 'validation-failed' });
    ann.forget();
    ann.say(`{"type":"ping","data":${'['.repeat(1_000)}${']'.repeat(1_000)}}`);
    expect(await ann.event('error')).toMatchObject({ code: 'payload-too-large' });
    expect(await ann.ask('ping', null)).toMatchObject({ type: 'pong' });
  });

  test('a room that is lost: the new one is told, and carries media again', async () => {
    const channelId = newChannel();
    const [ann, ben] = [await radio('ann'), await radio('ben')];
    await ann.must('join_channel', { channelId });
    await ben.must('join_channel', { channelId });
    await send(ann, channelId, 2_001);
    await ben.event('channel_state', ({ media }) => media?.producers.length === 1);
    ann.forget();
    ben.forget();
    const authorization = `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`;
    const answer = await fetch(`${stack.media.url}/api/node`, { headers: { authorization } });
    const { workers } = (await answer.json()) as { workers: { up: { pid: number }[] } };
    for (const { pid } of workers.up) process.kill(pid, 'SIGKILL');
    const { media } = await ann.event('channel_state', (state) => (state.media?.epoch ?? 0) >= 2);
    expect(media?.producers).toEqual([]);
    const producerId = await send(ann, channelId, 2_002);
    await ben.event('channel_state', (state) => state.media?.producers[0]?.producerId === producerId);
    expect(await hear(ben, channelId, producerId)).toMatchObject({ producerId });
  });
});

describe('people at both doors', () => {
  interface Pair {
    channelId: string;
    web: ScriptedClient;
    webId: string;
    ann: PttClient;
    annId: string;
  }

  /** Somebody on Socket.IO, who was there first, and a radio. */
  async function pair(webUrl = stack.gateway.url, radioUrl = webUrl): Promise<Pair> {
    const channelId = newChannel();
    const web = await stack.client(`web-${channelId}`, {}, webUrl);
    const first = await web.must('call:join', { callId: channelId, media: nobodySends });
    expect(first.mode).toBe('p2p');
    const ann = await PttClient.connect(radioUrl, tokenOf(`radio-${channelId}`));
    open.add(ann);
    const { participantId: annId } = await ann.must('join_channel', { channelId });
    const { transitionId } = await web.phase('prepare');
    await web.must('call:mode-switched', { callId: channelId, transitionId, success: true });
    await web.phase('commit', ({ mode }) => mode === 'sfu');
    return { channelId, web, webId: first.participantId, ann, annId };
  }

  async function exchange({ channelId, web, webId, ann, annId }: Pair) {
    const { epoch } = await web.phase('commit', ({ mode }) => mode === 'sfu');
    const call = { callId: channelId, epoch };
    const transport = await web.must('media:create-transport', { ...call, direction: 'send' });
    await web.must('media:connect-transport', { ...call, transportId: transport.id, dtlsParameters });
    const { id } = await web.must('media:produce', {
      ...call,
      transportId: transport.id,
      kind: 'audio',
      source: 'microphone',
      rtpParameters: opus(3_001),
    });
    const { media } = await ann.event('channel_state', (state) => state.media?.producers.length === 1);
    expect(media?.producers).toMatchObject([{ producerId: id, participantId: webId }]);
    expect(await hear(ann, channelId, id)).toMatchObject({ producerId: id });

    const spoken = await send(ann, channelId, 3_002);
    expect(await web.event('new-producer')).toMatchObject({ producerId: spoken, participantId: annId });
    const receive = await web.must('media:create-transport', { ...call, direction: 'recv' });
    const { rtpCapabilities } = await web.phase('prepare');
    const heard = await web.must('media:consume', {
      ...call,
      transportId: receive.id,
      producerId: spoken,
      rtpCapabilities: rtpCapabilities ?? {},
    });
    expect(heard).toMatchObject({ producerId: spoken });
  }

  test('a radio brings the call to the media server, and both hear each other; without it the call goes back', async () => {
    const both = await pair();
    await both.web.event(
      'call:participant-joined',
      ({ participant }) => participant.participantId === both.annId,
    );
    await exchange(both);
    await both.ann.must('leave_channel', { channelId: both.channelId });
    await both.web.event('call:participant-left', ({ participantId }) => participantId === both.annId);
    await both.web.phase('prepare', ({ mode }) => mode === 'p2p');
  });

  test('what ends is said to both: removed by a moderator, and the call ended', async () => {
    const both = await pair();
    const { channelId, annId, ann } = both;
    const boss = await stack.client('boss', { grants: { moderate: true } });
    await boss.must('call:join', { callId: channelId, media: nobodySends });
    await boss.must('moderate:remove', { callId: channelId, participantId: annId, reason: 'enough' });
    expect(await ann.event('leave_channel')).toEqual({ channelId, reason: 'removed', message: 'enough' });
    expect(await ann.codeOf('channel_state', { channelId })).toBe('not-joined');
    const ben = await radio('ben-ends');
    await ben.must('join_channel', { channelId });
    await boss.must('moderate:end', { callId: channelId });
    expect(await ben.event('leave_channel')).toEqual({ channelId, reason: 'ended' });
    await both.web.event('call:ended', ({ reason }) => reason === 'ended');
  });
});

describe('too much', () => {
  test('too large, binary, and endless pieces: closed with a code that says so; others are not disturbed', async () => {
    const bystander = await radio('bystander');
    const [large, binary] = [await radio('large'), await radio('binary')];
    large.say('x'.repeat(64 * 1024 + 1));
    expect(await large.closed).toBe(1009);
    binary.web.send(Buffer.from([1, 2, 3]));
    expect(await binary.closed).toBe(1003);
    const { head, web } = await RawWebSocket.upgrade(
      stack.gateway.url,
      [`Authorization: Bearer ${tokenOf('pieces')}`],
      '/ws',
    );
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    web.send(frame({ first: 0x01, payload: Buffer.from('{') }));
    for (let piece = 0; piece < 100; piece += 1) web.send(frame({ first: 0x00, payload: Buffer.from(' ') }));
    await web.gone();
    expect([1008, 1009]).toContain(web.closeCode);
    expect(await bystander.ask('ping', 1)).toMatchObject({ type: 'pong' });
  });
});
