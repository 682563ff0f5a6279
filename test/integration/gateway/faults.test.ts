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

async function confirm(callId: string, people: ScriptedClient[], epoch: number): Promise<void> {
  for (const client of people) {
    const { transitionId } = await client.phase('prepare', (message) => message.epoch === epoch);
    await client.must('call:mode-switched', { callId, transitionId, success: true });
  }
  await Promise.all(people.map((client) => client.phase('commit', (message) => message.epoch === epoch)));
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
  test('its calls fall back to peer-to-peer and move to the next room when it is back', async () => {
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
});

describe('a media worker that dies', () => {
  test('its calls fall back to peer-to-peer and come back to the room that was moved', async () => {
    stack = await Stack.start();
    const people = await join('c', 3);
    await confirm('c', people, 1);
    const node = (await (await ask('GET', '/api/node')).json()) as {
      workers: { up: { pid: number }[] };
    };
    for (const { pid } of node.workers.up) process.kill(pid, 'SIGKILL');
    for (const client of people) {
      const fallen = await client.phase('commit', (message) => message.mode === 'p2p');
      expect(fallen).toMatchObject({ epoch: 2, from: 'sfu', reason: 'media-server-lost' });
    }
    await confirm('c', people, 3);
    expect(await rooms()).toMatchObject([{ roomId: 'c', epoch: 3 }]);
  });
});

describe('a media server that drains', () => {
  test('its calls move to another one before it closes their rooms', async () => {
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
      await confirm('c', people, 3);
      expect(await has(to.url)).toBe(true);
      await from.server.drain();
      expect((await askOf(from.url, 'GET', '/node')).drain?.state).toBe('drained');
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
