/**
 * What strangers can do to the ports: the feed's WebSockets, and the workers' media ports. Afterwards the worker is the
 * same process, the server is ready, and a call that runs beside it had no gap.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { capturedLog } from './captured-log.ts';
import { SECRET, serviceToken, startHarness, type FeedReader, type Harness } from './harness.ts';
import { RawWebSocket, frame } from './raw-web-socket.ts';
import { startRunningCall, watchRouters, type RunningCall } from './running-call.ts';

/** 131,000 one-byte pieces of a message, never the last one, on 30 sockets; prints the codes they were closed with. */
const FRAGMENTS = `
const { connect } = require('node:net');
const { port, hostname } = new URL(process.argv[1]);
const pieces = Buffer.alloc(131_000 * 7);
for (let at = 0; at < pieces.length; at += 7) pieces.set([at === 0 ? 1 : 0, 0x81, 0, 0, 0, 0, 0x34], at);
const upgrade = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\n' +
  'Upgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n';
const one = () => new Promise((resolve) => {
  const socket = connect(port, hostname, () => socket.write(upgrade));
  let code = null;
  socket.once('data', () => {
    socket.write(pieces);
    socket.on('data', (data) => {
      const at = data.lastIndexOf(0x88);
      if (at >= 0 && at + 4 <= data.length) code = data.readUInt16BE(at + 2);
      if (code !== null) socket.destroy();
    });
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(code));
});
Promise.all(Array.from({ length: 30 }, one)).then((codes) => console.log(JSON.stringify(codes)));
`;

const routers = watchRouters();
const { log, lines } = capturedLog();
let harness: Harness;
let call: RunningCall;
let pid: number;
let bystander: FeedReader;
const pidNow = async () => (await harness.workers())[0]?.pid ?? 0;

beforeAll(async () => {
  harness = await startHarness({}, { log });
  await harness.createRoom('running');
  const router = routers.at(-1);
  if (!router) throw new Error('no router');
  call = await startRunningCall(router);
  pid = await pidNow();
  bystander = await harness.feed();
  await bystander.join({ roomId: 'running' });
  await call.look();
});
afterAll(async () => {
  await call.stop();
  await harness.close();
});

async function expectUnharmed(): Promise<void> {
  expect((await request(harness.url).get('/ready')).status).toBe(200);
  expect(await pidNow()).toBe(pid);
  expect(bystander.socket.connected).toBe(true);
  expect(lines.join('')).not.toMatch(/eyJ/);
  expect(lines.join('')).not.toContain(SECRET);
}

it('the running call would tell', async () => {
  process.kill(pid, 'SIGSTOP');
  await setTimeout(300);
  process.kill(pid, 'SIGCONT');
  await setTimeout(100);
  const { gap, machine, received } = await call.look();
  expect(gap - machine).toBeGreaterThan(200);
  expect(received).toBeGreaterThan(0);
});

describe('beside a running call', () => {
  beforeAll(() => call.look());
  afterEach(async () => {
    await expectUnharmed();
    const { gap, machine } = await call.look();
    expect(gap - machine).toBeLessThan(100);
  });

  describe('the feed', () => {
    it.each(['https://evil.example', 'null', 'http://127.0.0.1'])(
      'refuses an upgrade from the page of %s before any event',
      async (origin) => {
        const { head, web } = await RawWebSocket.upgrade(harness.url, [`Origin: ${origin}`]);
        expect(head).toMatch(/^HTTP\/1\.1 403 /);
        await web.gone();
      },
    );

    const binaryEvent = (attachments: number) =>
      `45${String(attachments)}-/feed,["join-room",{"_placeholder":true,"num":0}]`;
    const malformed: Record<string, Buffer> = {
      'a packet of no type': frame({ first: 0x81, payload: Buffer.from('x') }),
      'a message that is not Socket.IO': frame({ first: 0x81, payload: Buffer.from('4{{{') }),
      'an event of broken JSON': frame({ first: 0x81, payload: Buffer.from('42/feed,["join-room",{') }),
      'eleven attachments': frame({ first: 0x81, payload: Buffer.from(binaryEvent(11)) }),
      'an attachment count that is none': frame({ first: 0x81, payload: Buffer.from('45x-["a"]') }),
      'reserved bits': frame({ first: 0xf1, payload: Buffer.from('2') }),
      'a frame without a mask': frame({ first: 0x81, payload: Buffer.from('2'), masked: false }),
      'text that is not UTF-8': frame({ first: 0x81, payload: Buffer.from([0xc3, 0x28]) }),
      'an opcode there is not': frame({ first: 0x83, payload: Buffer.from('2') }),
      'a message of 17 KB': frame({ first: 0x81, payload: Buffer.alloc(17_000, '4') }),
    };
    it.each(Object.keys(malformed))('closes a connection that sends %s', async (name) => {
      const { head, web } = await RawWebSocket.upgrade(harness.url);
      expect(head).toMatch(/^HTTP\/1\.1 101 /);
      web.say('40/feed,{"token":"x"}');
      web.send(malformed[name] ?? Buffer.alloc(0));
      await web.gone();
    });

    it('refuses two thousand headers', async () => {
      const headers = Array.from({ length: 2_000 }, (_, index) => `x-${String(index)}: 1`);
      const { head, web } = await RawWebSocket.upgrade(harness.url, headers);
      expect(head).toMatch(/^HTTP\/1\.1 431 /);
      await web.gone();
    });

    it('closes who takes too long to say who they are', async () => {
      const { web } = await RawWebSocket.upgrade(harness.url);
      await web.gone();
    });

    it('closes messages of endless one-byte pieces, and keeps nothing of them', async () => {
      // From a process of its own: what it takes to send them is not to be measured.
      const sender = spawn(process.execPath, ['-e', FRAGMENTS, harness.url], {
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const before = process.memoryUsage().rss;
      let most = before;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
      const codes = JSON.parse(await text(sender.stdout)) as (number | null)[];
      clearInterval(watch);
      expect(codes).toHaveLength(30);
      // Who is still sending may see a reset before the code.
      for (const code of codes) expect([1008, 1009, null]).toContain(code);
      expect(codes.some((code) => code !== null)).toBe(true);
      expect(most - before).toBeLessThan(20_000_000);
    });

    it('refuses a flood of requests, then ends it; others notice nothing', async () => {
      const flooder = await harness.feed();
      flooder.socket.io.reconnection(false);
      const codes: Record<string, number> = {};
      const gone = once(flooder.socket as never, 'disconnect');
      const flood = setInterval(() => {
        for (let count = 0; count < 50; count += 1) {
          flooder.socket.emit('join-room', { roomId: 'nowhere' }, (answer: { error?: { code: string } }) => {
            const code = answer.error?.code ?? 'ok';
            codes[code] = (codes[code] ?? 0) + 1;
          });
        }
      }, 10);
      const latencies: number[] = [];
      while (flooder.socket.connected && latencies.length < 2_000) {
        const start = performance.now();
        await bystander.join({ roomId: 'running', afterSeq: 0 });
        latencies.push(performance.now() - start);
        await setTimeout(10);
      }
      clearInterval(flood);
      await gone;
      expect(Object.keys(codes).sort()).toEqual(['rate-limited', 'room-not-found']);
      expect(codes['room-not-found']).toBeGreaterThanOrEqual(2_000);
      const p99 = latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)];
      // Coarse, as the machine may be busy: what would starve the others takes seconds.
      expect(p99).toBeLessThan(500);
    });
  });

  describe('the media port', () => {
    const portOf = async (protocol: 'udp' | 'tcp') => {
      const { iceCandidates } = await harness.createTransport('running', 'cat', 'send');
      return iceCandidates.find((candidate) => candidate.protocol === protocol)?.port ?? 0;
    };

    it('swallows garbage, and gives back no more than it got', async () => {
      const port = await portOf('udp');
      const cookie = Buffer.from('2112a442', 'hex');
      const binding = (attributes: Buffer) => {
        const head = Buffer.from([0, 1, attributes.length >> 8, attributes.length & 0xff]);
        return Buffer.concat([head, cookie, randomBytes(12), attributes]);
      };
      const username = Buffer.concat([Buffer.from([0, 6, 0, 8]), Buffer.from('abcd:efg')]);
      const kinds = [
        () => randomBytes(1 + Math.floor(Math.random() * 1_200)),
        () => binding(Buffer.alloc(0)),
        () => binding(username),
        // Attributes that end beyond the packet.
        () => binding(Buffer.from([0, 6, 0xff, 0xff])),
        // RTP, and RTCP with a length that is not true.
        () => Buffer.concat([Buffer.from([0x80, 111]), randomBytes(160)]),
        () => Buffer.concat([Buffer.from([0x81, 200, 0xff, 0xff]), randomBytes(40)]),
        // The beginning of a DTLS ClientHello.
        () =>
          Buffer.concat([
            Buffer.from('16feff0000000000000000', 'hex'),
            Buffer.from([0, 200]),
            randomBytes(200),
          ]),
      ];
      const socket = createSocket('udp4');
      let sent = 0;
      let returned = 0;
      socket.on('message', (message) => (returned += message.length));
      const end = performance.now() + 5_000;
      let next = 0;
      while (performance.now() < end) {
        for (let count = 0; count < 40; count += 1) {
          const packet = (kinds[(next += 1) % kinds.length] as () => Buffer)();
          sent += packet.length;
          socket.send(packet, port, '127.0.0.1');
        }
        await setTimeout(20);
      }
      await setTimeout(200);
      socket.close();
      expect(next).toBeGreaterThan(4_000);
      expect(returned).toBeLessThanOrEqual(sent);
    });

    it('survives more connections than it has descriptors, and takes new ones afterwards', async () => {
      const port = await portOf('tcp');
      const open = () => readdirSync(`/proc/${String(pid)}/fd`).length;
      const baseline = open();
      const limit = execFileSync('prlimit', [
        '--pid',
        String(pid),
        '--nofile',
        '--output',
        'SOFT',
        '--noheadings',
      ])
        .toString()
        .trim();
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${String(baseline + 20)}:`]);
      const sockets: Socket[] = Array.from({ length: 200 }, () =>
        connect(port, '127.0.0.1').on('error', () => undefined),
      );
      await setTimeout(1_000);
      expect(open()).toBeLessThan(baseline + 40);
      // Rooms and transports need no descriptor of their own.
      await harness.createTransport('running', 'dan', 'recv');
      for (const socket of sockets) socket.destroy();
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
      const patience = performance.now() + 5_000;
      while (open() > baseline && performance.now() < patience) await setTimeout(20);
      expect(open()).toBe(baseline);
      const again = connect(port, '127.0.0.1');
      await once(again, 'connect');
      while (open() === baseline && performance.now() < patience + 5_000) await setTimeout(20);
      expect(open()).toBe(baseline + 1);
      again.destroy();
    });
  });

  it('metrics are not at the port of the API', async () => {
    const answer = await request(harness.url).get('/metrics');
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('crossfade_');
    expect(
      (await request(harness.url).get('/api/metrics').set('authorization', `Bearer ${serviceToken()}`))
        .status,
    ).toBe(404);
  });
});
