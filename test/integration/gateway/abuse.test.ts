/** What strangers, and people with a token, can do to the gateway's port. It is a process of its own: if it dies, all of it fails. */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { signUserToken } from '@crossfade/service/tokens';
import { sendEndlessFragments } from '../media-server/endless-fragments.ts';
import { frame, RawWebSocket } from '../media-server/raw-web-socket.ts';
import { startGatewayProcess, type GatewayProcess } from './gateway-process.ts';
import { userKey } from './stack.ts';
import { unharmed } from './unharmed.ts';

let gateway: GatewayProcess;
const guard = unharmed(async (settings) => {
  gateway = await startGatewayProcess({ ...settings, LOG_LEVEL: 'debug', SWITCH_TIMEOUT_MS: '20000' });
  return { url: gateway.url, written: () => gateway.output(), stop: () => gateway.stop() };
});

const tokenOf = (sub: string) => signUserToken(userKey, { sub, name: sub }, 60);

/** Waits until what came back has this in it. */
async function hears(web: RawWebSocket, text: string): Promise<void> {
  const limit = performance.now() + 8_000;
  while (!web.text.includes(text)) {
    if (performance.now() > limit) throw new Error(`there was no ${text}, but ${web.text}`);
    await setTimeout(10);
  }
}

/** A connection with a good token, on which anything may be said. */
async function enter(sub: string): Promise<RawWebSocket> {
  const { head, web } = await RawWebSocket.upgrade(guard.url);
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  web.say(`40${JSON.stringify({ token: tokenOf(sub) })}`);
  await hears(web, '40{"sid"');
  return web;
}

/** Bytes of the gateway's process. */
const memory = () => {
  const [, kilobytes = '0'] =
    /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(gateway.pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
};

describe('names of requests', () => {
  const names = [
    ...['5', '-1', '1e308', '0', '""', '"error"', '"__proto__"', '"constructor"', '"toString"', '"call:"'],
    ...['"hasOwnProperty"', '"message"', '"\\u0000"', '"\\ud800"', '"moderate:"', '"call:join "'],
  ];
  test.each(names)('%s is none, and is told so', async (name) => {
    const web = await enter('names');
    web.say(`421[${name},{"callId":"running"}]`);
    await hears(web, '"code":"route-not-found"');
    web.socket.destroy();
  });

  const noEvents = ['["connect",{}]', '["disconnect"]', '["newListener",1]', '[null]', '[{}]', '[[]]', '{}'];
  test.each(noEvents)('%s is no request, and ends the connection', async (event) => {
    const web = await enter('no-events');
    web.say(`421${event}`);
    await web.gone();
  });
});

test.each(['42', '421', '42[]', '4299999999'])(
  'an event of no name at all (%s) changes nothing',
  async (event) => {
    const web = await enter('nameless');
    web.say(event);
    web.say('421["call:leave",{"callId":"none"}]');
    // Some of these are no event at all, and end the connection.
    await Promise.race([hears(web, 'not-joined'), web.gone()]);
    web.socket.destroy();
  },
);

test('each of many requests that come at once is judged by itself', async () => {
  const web = await enter('at-once');
  const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
  const texts = [`421["call:leave",${deep}]`, '422["call:leave",{"callId":"none"}]'];
  web.send(Buffer.concat(texts.map((text) => frame({ first: 0x81, payload: Buffer.from(text) }))));
  await hears(web, '432[');
  expect(web.text).toMatch(/431\[\{"ok":false,"error":\{"code":"payload-too-large"/);
  expect(web.text).toMatch(/432\[\{"ok":false,"error":\{"code":"not-joined"/);
  web.socket.destroy();
});

describe('what is no Socket.IO', () => {
  const text = (payload: string) => frame({ first: 0x81, payload: Buffer.from(payload) });
  const malformed: Record<string, Buffer> = {
    'a packet of no type': text('x'),
    'a message without content': text('4'),
    'a message of no type': text('4{{{'),
    'broken JSON': text('42["call:join",{'),
    'an attachment': text('451-["call:join",{"_placeholder":true,"num":0}]'),
    'eleven attachments': text('4511-["call:join"]'),
    'an attachment count that is none': text('45x-["a"]'),
    'binary data': frame({ first: 0x82, payload: Buffer.from([1, 2, 3]) }),
    'reserved bits': frame({ first: 0xf1, payload: Buffer.from('2') }),
    'a frame without a mask': frame({ first: 0x81, payload: Buffer.from('2'), masked: false }),
    'an opcode there is not': frame({ first: 0x83, payload: Buffer.from('2') }),
    'text that is not UTF-8': frame({ first: 0x81, payload: Buffer.from([0xc3, 0x28]) }),
  };
  test.each(Object.keys(malformed))('%s closes that connection', async (name) => {
    const web = await enter('malformed');
    web.send(malformed[name] ?? Buffer.alloc(0));
    await web.gone();
  });

  test('a message of 200 KB closes that connection', async () => {
    const web = await enter('large');
    const length = Buffer.alloc(10);
    length[0] = 0x81;
    length[1] = 0x80 | 127;
    length.writeUInt32BE(200_000, 6);
    web.send(Buffer.concat([length, Buffer.alloc(4), Buffer.alloc(200_000, '4')]));
    await web.gone();
  });

  test('an answer to what was never asked changes nothing', async () => {
    const web = await enter('answers');
    web.say('4399[{"ok":true}]');
    web.say('421["call:leave",{"callId":"none"}]');
    await hears(web, 'not-joined');
    web.socket.destroy();
  });

  test('a namespace there is not', async () => {
    const { web } = await RawWebSocket.upgrade(guard.url);
    web.say(`40/feed,${JSON.stringify({ token: tokenOf('spaces') })}`);
    await hears(web, 'Invalid namespace');
    web.socket.destroy();
  });

  test('two thousand headers are refused', async () => {
    const headers = Array.from({ length: 2_000 }, (_, index) => `x-${String(index)}: 1234567`);
    const { head, web } = await RawWebSocket.upgrade(guard.url, headers);
    expect(head).toMatch(/^HTTP\/1\.1 431 /);
    await web.gone();
  });
});

test.each(['https://evil.example', 'null'])('a page of %s is refused before any event', async (origin) => {
  const { head, web } = await RawWebSocket.upgrade(guard.url, [`Origin: ${origin}`]);
  expect(head).toMatch(/^HTTP\/1\.1 403 /);
  await web.gone();
});

test.each([
  ['Socket.IO', undefined],
  ['/ws', (socket: number) => `/ws?token=${tokenOf(`pieces-${String(socket)}`)}`],
])(
  'messages of endless one-byte pieces are closed at %s, and nothing of them is kept',
  async (_door, address) => {
    const { codes, grewBy } = await sendEndlessFragments(guard.url, memory, address);
    expect(codes).toHaveLength(30);
    // Who is still sending may see a reset before the code.
    for (const code of codes) expect([1008, 1009, null]).toContain(code);
    expect(codes.some((code) => code !== null)).toBe(true);
    expect(grewBy).toBeLessThan(20_000_000);
  },
  60_000,
);

test('metrics are not at the public port', async () => {
  for (const path of ['/metrics', '/api/metrics', '//metrics', '/metrics/', '/docs/../metrics']) {
    const answer = await fetch(`${guard.url}${path}`, {
      headers: { authorization: `Bearer ${tokenOf('metrics')}` },
    });
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.text()).not.toContain('crossfade_');
  }
});
