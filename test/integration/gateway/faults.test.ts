/** What breaks around a gateway, and that the calls go on. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { signServiceToken } from '@crossfade/service/tokens';
import type { ScriptedClient } from './scripted-client.ts';
import { serviceKey, Stack, startMediaServer, startScriptedGateway } from './stack.ts';

const media = { audio: true, video: true, screen: false };
let stack: Stack | undefined;

afterEach(async () => {
  await stack?.close();
  stack = undefined;
});

async function join(callId: string, count: number, url?: string): Promise<ScriptedClient[]> {
  const people: ScriptedClient[] = [];
  for (let i = 0; i < count; i += 1) {
    const client = await running().client(`p${i}`, {}, url);
    await client.must('call:join', { callId, media });
    people.push(client);
  }
  return people;
}

function running(): Stack {
  if (!stack) throw new Error('no stack');
  return stack;
}

async function confirm(callId: string, people: ScriptedClient[], epoch: number) {
  for (const client of people) {
    const { transitionId } = await client.phase('prepare', (message) => message.epoch === epoch);
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  return Promise.all(people.map((client) => client.phase('commit', (message) => message.epoch === epoch)));
}

const rooms = async (): Promise<unknown[]> => {
  const answer = await ask('GET', '/api/rooms');
  return ((await answer.json()) as { rooms: unknown[] }).rooms;
};
const ask = (method: string, path: string, body?: object) =>
  fetch(`${running().media.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });

describe('without a media server', () => {
  test('a third person is let in; the call stays peer-to-peer and says why', async () => {
    stack = await Stack.start({ MEDIA_SERVER_URLS: 'http://127.0.0.1:9' });
    const people = await join('c', 3);
    for (const client of people.slice(0, 2)) {
      expect(await client.phase('abort')).toMatchObject({
        reason: 'media-server-failed',
        mode: 'p2p',
        epoch: 0,
      });
    }
    const ready = (await (await fetch(`${stack.gateway.url}/ready`)).json()) as { checks: unknown };
    expect(ready.checks).toEqual({ serving: true, mediaServer: false });
  });

  test('the second of two takes the room when the first is down', async () => {
    const spare = await startMediaServer();
    stack = await Stack.start({
      MEDIA_SERVER_URLS: `http://127.0.0.1:9,${spare.url}`,
      SWITCH_TIMEOUT_MS: '5000',
    });
    try {
      await confirm('c', await join('c', 3), 1);
    } finally {
      await spare.server.close();
    }
  });
});

describe('a media server that goes', () => {
  test('its small calls become a mesh if there is no other, and move to the next room when it is back', async () => {
    stack = await Stack.start();
    const people = await join('c', 3);
    await confirm('c', people, 1);
    const port = Number(new URL(stack.media.url).port);
    await stack.media.server.close();
    for (const client of people) {
      const fallen = await client.phase('commit', (message) => message.mode === 'p2p');
      expect(fallen).toMatchObject({ epoch: 2, from: 'sfu', reason: 'media-server-lost' });
    }
    const again = await startMediaServer(port);
    try {
      await confirm('c', people, 3);
    } finally {
      await again.server.close();
    }
  });

  test('a larger call waits for the next room, and nobody new gets in; when it stands, nobody joins again', async () => {
    stack = await Stack.start({ MESH_MAX_PARTICIPANTS: '2' });
    const people = await join('c', 3);
    await confirm('c', people, 1);
    const port = Number(new URL(stack.media.url).port);
    await stack.media.server.close();
    await people[0]?.phase('abort', ({ reason, mode }) => reason === 'media-server-failed' && mode === 'sfu');
    const late = await stack.client('late');
    expect(await late.codeOf('call:join', { callId: 'c', media })).toBe('media-server-unavailable');
    const again = await startMediaServer(port);
    try {
      const commits = await confirm('c', people, 2);
      expect(commits).toMatchObject(people.map(() => ({ from: 'sfu', mode: 'sfu', epoch: 2 })));
    } finally {
      await again.server.close();
    }
  });
});

describe('a media worker that dies', () => {
  test('its calls go on in the room that was made again, in the same mode, without anybody joining again', async () => {
    stack = await Stack.start();
    const people = await join('c', 3);
    await confirm('c', people, 1);
    const node = (await (await ask('GET', '/api/node')).json()) as {
      workers: { up: { pid: number }[] };
    };
    for (const { pid } of node.workers.up) process.kill(pid, 'SIGKILL');
    for (const client of people) {
      const prepare = await client.phase('prepare', ({ epoch }) => epoch === 2);
      expect(prepare).toMatchObject({ from: 'sfu', mode: 'sfu', reason: 'media-server-lost' });
    }
    // What belongs to the room that is gone is refused, what belongs to the next one is served.
    const [first] = people;
    const send = { callId: 'c', direction: 'send' };
    expect(await first?.codeOf('media:create-transport', { ...send, epoch: 1 })).toBe('stale-epoch');
    expect(await first?.codeOf('media:create-transport', { ...send, epoch: 2 })).toBe('ok');
    const commits = await confirm('c', people, 2);
    expect(commits).toMatchObject(people.map(() => ({ from: 'sfu', mode: 'sfu' })));
    expect(await rooms()).toMatchObject([{ roomId: 'c', epoch: 2 }]);
    expect(people[0]?.count('call:participant-left')).toBe(0);
  });
});

describe('a media server that drains', () => {
  test('its calls move to another one while their rooms run, which are closed after', async () => {
    const own = await startMediaServer();
    const other = await startMediaServer();
    try {
      stack = await Stack.start({ MEDIA_SERVER_URLS: `${own.url},${other.url}`, SWITCH_TIMEOUT_MS: '5000' });
      const people = await join('c', 3);
      await confirm('c', people, 1);
      const authorization = `Bearer ${signServiceToken(serviceKey, { subject: 'test', lifetimeS: 60 })}`;
      const askOf = async (url: string, method: string, path: string, body?: object) => {
        const answer = await fetch(`${url}/api${path}`, {
          method,
          headers: { authorization, 'content-type': 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        });
        return (await answer.json()) as { rooms: unknown; drain?: { state: string } };
      };
      const has = async (url: string) => (await askOf(url, 'GET', '/node')).rooms === 1;
      const [from, to] = (await has(own.url)) ? [own, other] : [other, own];

      await askOf(from.url, 'POST', '/node/drain', { deadlineS: 4 });
      const [first] = people as [ScriptedClient];
      expect(await first.phase('prepare', ({ epoch }) => epoch === 2)).toMatchObject({
        from: 'sfu',
        mode: 'sfu',
        reason: 'media-server-draining',
      });
      // Both rooms serve, each under its epoch; who joins now hears of both.
      expect([await has(from.url), await has(to.url)]).toEqual([true, true]);
      for (const epoch of [1, 2]) {
        await first.must('media:create-transport', { callId: 'c', epoch, direction: 'recv' });
      }
      const late = await stack.client('late');
      const joined = await late.must('call:join', { callId: 'c', media });
      expect(joined).toMatchObject({ mode: 'sfu', epoch: 1, sfu: { epoch: 1 }, transition: { epoch: 2 } });
      await confirm('c', people, 2);
      await from.server.drain();
      expect((await askOf(from.url, 'GET', '/node')).drain?.state).toBe('drained');
      expect(await has(to.url)).toBe(true);
    } finally {
      await own.server.close();
      await other.server.close();
    }
  });
});

describe('a gateway that goes', () => {
  test('closes the rooms of its calls when it is stopped', async () => {
    stack = await Stack.start();
    const gateway = await startScriptedGateway({ MEDIA_SERVER_URLS: stack.media.url });
    await confirm('c', await join('c', 3, gateway.url), 1);
    expect(await rooms()).toHaveLength(1);
    await gateway.close();
    expect(await rooms()).toEqual([]);
  });

  test('and if it was killed, the room it left does not keep the next call of that id off the media server', async () => {
    stack = await Stack.start();
    await ask('POST', '/api/rooms/c/create', { epoch: 7 });
    await confirm('c', await join('c', 3), 1);
    expect(await rooms()).toMatchObject([{ roomId: 'c', epoch: 1 }]);
  });
});
