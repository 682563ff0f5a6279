/** What can go wrong on the way to a client of `/ws`, and with the room it is in. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { signServiceToken, signUserToken } from '@crossfade/service/tokens';
import type { NodeInfo } from '@crossfade/shared/media-api';
import { WebSocket } from 'ws';
import { WsDoor, type WsDoorOptions } from '../../../gateway/src/signalling/ws/door.ts';
import { dtlsParameters, opus } from './media.ts';
import { PttClient } from './ptt-client.ts';
import { soon } from './soon.ts';
import { serviceKey, Stack, startMediaServer, userKey } from './stack.ts';

describe('a client that does not answer a ping', () => {
  const PING_MS = 150;

  test('is closed by the next one, and nothing of it is left; who answers stays', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const left: string[] = [];
    const gone: string[] = [];
    const seats = new Set<string>();
    const options: Partial<WsDoorOptions> = {
      entrance: {
        enter: (_request, token) =>
          Promise.resolve({
            claims: { sub: token, exp: Math.ceil(Date.now() / 1_000) + 600 } as never,
            address: '127.0.0.1',
            leave: () => void left.push(String(token)),
          }),
      },
      guests: {
        admit: ({ door }) => {
          const { sub } = door.claims;
          seats.add(sub);
          return { enter: () => undefined, leave: () => undefined, vacate: () => void seats.delete(sub) };
        },
      },
      dispatch: {
        admit: () => Promise.resolve(),
        disconnected: ({ claims }) => Promise.resolve(void gone.push(claims.sub)),
        handle: () => Promise.resolve({}),
      },
      allowedOrigins: [],
      allowance: { perSecond: 100, burst: 100, refusals: 10 },
      backlogBytes: 1_000_000,
      log: silentLog,
      onClosed: () => undefined,
      onEvicted: () => undefined,
      onRefused: () => undefined,
      pingIntervalMs: PING_MS,
    };
    const door = new WsDoor(server, options as WsDoorOptions);
    const { port } = server.address() as AddressInfo;
    const connect = async (name: string, autoPong: boolean) => {
      const web = new WebSocket(`ws://127.0.0.1:${String(port)}/ws?token=${name}`, { autoPong });
      await once(web, 'open');
      return web;
    };
    const [alive, silent] = [await connect('alive', true), await connect('silent', false)];
    expect([...seats]).toEqual(['alive', 'silent']);
    const [code] = (await once(silent, 'close')) as [number];
    // Whoever is not there hears no farewell either.
    expect(code).toBe(1006);
    expect(
      await soon(
        () => Promise.resolve(gone),
        (all) => all.length === 1,
      ),
    ).toEqual(['silent']);
    expect([left, [...seats]]).toEqual([['silent'], ['alive']]);
    let pings = 0;
    alive.on('ping', () => (pings += 1));
    await soon(
      () => Promise.resolve(pings),
      (count) => count >= 3,
    );
    expect(alive.readyState).toBe(WebSocket.OPEN);
    await door.close();
    expect(gone).toEqual(['silent', 'alive']);
    server.close();
  });
});

describe('at a gateway', () => {
  let stack: Stack;
  const open = new Set<PttClient>();

  beforeAll(async () => {
    stack = await Stack.start({
      MAX_SOCKET_BACKLOG_BYTES: '65536',
      MAX_SOCKET_MESSAGES_PER_SECOND: '10000',
    });
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await stack.close();
  });

  const radio = async (name: string) => {
    const token = signUserToken(userKey, { sub: `user-${name}`, name }, 60);
    const client = await PttClient.connect(stack.gateway.url, token);
    open.add(client);
    return client;
  };

  test('a client that does not read is closed, the others are not held up, and it resumes', async () => {
    const channelId = 'slow-reader';
    const [ann, ben] = [await radio('slow'), await radio('quick')];
    const me = await ann.must('join_channel', { channelId });
    await ben.must('join_channel', { channelId });
    const tcp = (ann.web as unknown as { _socket: { pause(): void; destroy(): void } })._socket;
    tcp.pause();
    // More than the system keeps for a connection: each comes back, and nobody reads it.
    const large = 'x'.repeat(60_000);
    for (let sent = 0; sent < 400; sent += 1) ann.say({ type: 'ping', data: large });
    const connected =
      (is: boolean) => (state: { members: { participantId: string; connected: boolean }[] }) =>
        state.members.find(({ participantId }) => participantId === me.participantId)?.connected === is;
    await ben.event('channel_state', connected(false));
    expect(await ben.ask('ping', 1)).toMatchObject({ type: 'pong' });
    tcp.destroy();
    ben.forget();
    const back = await radio('slow');
    const { participantId, sessionId } = me;
    expect(
      await back.must('join_channel', { channelId, resume: { participantId, sessionId } }),
    ).toMatchObject({
      participantId,
      sessionId,
    });
    await ben.event('channel_state', connected(true));
  });
});

async function node(url: string, method: string, path = '', body?: object): Promise<NodeInfo> {
  const answer = await fetch(`${url}/api/node${path}`, {
    method,
    headers: {
      authorization: `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as NodeInfo;
}

test('a room whose media server is about to go: the next one is told, carries media, and nobody joins again', async () => {
  const other = await startMediaServer();
  const first = await startMediaServer();
  const stack = await Stack.start({
    MEDIA_SERVER_URLS: `${first.url},${other.url}`,
    MEDIA_SERVER_STEADY_MS: '100',
  });
  const channelId = 'drained';
  const radio = (name: string) =>
    PttClient.connect(stack.gateway.url, signUserToken(userKey, { sub: name, name }, 60));
  const [ann, ben] = [await radio('ann'), await radio('ben')];
  try {
    const build = async (client: PttClient, direction: 'send' | 'recv') => {
      const { id: transportId, epoch } = await client.must('create_transport', { channelId, direction });
      await client.must('connect_transport', { channelId, transportId, dtlsParameters });
      return { transportId, epoch };
    };
    const send = async (ssrc: number) => {
      const { transportId, epoch } = await build(ann, 'send');
      const { id } = await ann.must('produce', { channelId, transportId, rtpParameters: opus(ssrc) });
      return { id, epoch };
    };
    const hear = async (producerId: string) => {
      const { transportId } = await build(ben, 'recv');
      const { rtpCapabilities } = await ben.must('get_router_capabilities', { channelId });
      return ben.must('consume', { channelId, transportId, producerId, rtpCapabilities });
    };
    const { participantId } = await ann.must('join_channel', { channelId });
    await ben.must('join_channel', { channelId });
    await ann.event('channel_state', ({ media }) => media !== null);
    await hear((await send(1)).id);

    const home = (await node(first.url, 'GET')).rooms > 0 ? first : other;
    await node(home.url, 'POST', '/drain', { deadlineS: 5 });
    for (const client of [ann, ben])
      await client.event('channel_state', ({ media }) => (media?.epoch ?? 0) >= 2);
    const again = await send(2);
    expect(again.epoch).toBe(2);
    expect(await hear(again.id)).toMatchObject({ producerId: again.id });
    await soon(
      () => node(home.url, 'GET'),
      ({ rooms }) => rooms === 0,
    );
    expect(await node(home.url, 'GET')).toMatchObject({ rooms: 0 });
    expect((await ann.must('channel_state', { channelId })).members).toContainEqual(
      expect.objectContaining({ participantId, connected: true }),
    );
    expect(ann.events.some(({ type }) => type === 'leave_channel')).toBe(false);
  } finally {
    for (const client of [ann, ben]) client.close();
    await stack.close();
    await first.server.close();
    await other.server.close();
  }
});
