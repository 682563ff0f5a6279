/** What strangers can do to the ports: the feed's WebSockets, and the workers' media ports. */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { serveMetrics } from '@crossfade/service/metrics';
import request from 'supertest';
import { startOwnTime } from '../own-time.ts';
import { sendEndlessFragments } from './endless-fragments.ts';
import { sendGarbage } from './garbage.ts';
import { serviceToken, testConfig, type FeedReader, type Harness } from './harness.ts';
import { limitOpenFiles, openFiles } from './open-files.ts';
import { RawWebSocket, frame } from './raw-web-socket.ts';
import { RUNNING, unharmed } from './unharmed.ts';

let harness: Harness;
let pid: number;
let bystander: FeedReader;

const guard = unharmed(async (started) => {
  harness = started;
  pid = (await harness.workers())[0]?.pid ?? 0;
  bystander = await harness.feed();
  await bystander.join({ roomId: RUNNING });
});
afterEach(() => {
  expect(bystander.socket.connected).toBe(true);
});

it('the running call would tell', async () => {
  process.kill(pid, 'SIGSTOP');
  await setTimeout(600);
  process.kill(pid, 'SIGCONT');
  await setTimeout(100);
  const { gap, received } = await guard.call.look();
  expect(gap).toBeGreaterThan(200);
  expect(received).toBeGreaterThan(0);
});

describe('beside a running call', () => {
  describe('the feed', () => {
    it.each(['https://evil.example', 'null', 'http://127.0.0.1'])(
      'refuses an upgrade from the page of %s before any event',
      async (origin) => {
        const { head, web } = await RawWebSocket.upgrade(harness.url, [`Origin: ${origin}`]);
        expect(head).toMatch(/^HTTP\/1\.1 403 /);
        expect(head).toMatch(/^Content-Type: application\/problem\+json/m);
        expect(head).toMatch(/^X-Request-Id: /m);
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

    it('judges each of many requests that come at once by itself', async () => {
      const { web } = await RawWebSocket.upgrade(harness.url);
      const hears = async (said: string) => {
        const patience = performance.now() + 8_000;
        while (!web.text.includes(said) && performance.now() < patience) await setTimeout(10);
        expect(web.text).toContain(said);
      };
      web.say(`40/feed,${JSON.stringify({ token: serviceToken() })}`);
      await hears('40/feed,{"sid"');
      const deep = `${'['.repeat(40)}${']'.repeat(40)}`;
      const texts = [`42/feed,1["join-room",${deep}]`, '42/feed,2["join-room",{"roomId":"none"}]'];
      web.send(Buffer.concat(texts.map((text) => frame({ first: 0x81, payload: Buffer.from(text) }))));
      await hears('43/feed,2[');
      expect(web.text).toMatch(/43\/feed,1\[\{"ok":false,"error":\{"code":"payload-too-large"/);
      expect(web.text).toMatch(/43\/feed,2\[\{"ok":false,"error":\{"code":"room-not-found"/);
      web.socket.destroy();
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
      const { codes, grewBy } = await sendEndlessFragments(harness.url, () => process.memoryUsage().rss);
      expect(codes).toHaveLength(30);
      // Who is still sending may see a reset before the code.
      for (const code of codes) expect([1008, 1009, null]).toContain(code);
      expect(codes.some((code) => code !== null)).toBe(true);
      expect(grewBy).toBeLessThan(20_000_000);
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
        const took = startOwnTime();
        await bystander.join({ roomId: RUNNING, afterSeq: 0 });
        latencies.push(took());
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
      const { iceCandidates } = await harness.createTransport(RUNNING, 'cat', 'send');
      return iceCandidates.find((candidate) => candidate.protocol === protocol)?.port ?? 0;
    };

    it('swallows 10,000 packets of garbage a second, and gives back no more than it got', async () => {
      const { sent, sentBytes, receivedBytes } = await sendGarbage({
        port: await portOf('udp'),
        packetsPerSecond: 10_000,
        seconds: 5,
      });
      // As near as the machine gets, with whatever else it has to do.
      expect(sent).toBeGreaterThan(10_000);
      expect(receivedBytes).toBeLessThanOrEqual(sentBytes);
    });

    it('survives more connections than it has descriptors, and takes new ones afterwards', async () => {
      const port = await portOf('tcp');
      const open = () => openFiles(pid);
      const baseline = open();
      const unlimit = limitOpenFiles(pid, baseline + 20);
      const sockets: Socket[] = Array.from({ length: 200 }, () =>
        connect(port, '127.0.0.1').on('error', () => undefined),
      );
      await setTimeout(1_000);
      expect(open()).toBeLessThan(baseline + 40);
      // Rooms and transports need no descriptor of their own.
      await harness.createTransport(RUNNING, 'dan', 'recv');
      for (const socket of sockets) socket.destroy();
      unlimit();
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

  it('metrics are for this machine only', async () => {
    const { METRICS_HOST } = testConfig();
    const server = await serveMetrics(harness.registry, { host: METRICS_HOST, port: 0 });
    const { port } = server.address() as AddressInfo;
    const askAt = (host: string) => request(`http://${host}:${String(port)}`).get('/metrics');
    expect((await askAt('127.0.0.1')).text).toContain('crossfade_');
    await expect(askAt('127.0.0.2')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    server.close();
  });
});
