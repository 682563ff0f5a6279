/** Starting and stopping: what is held back from mediasoup, what is told to readers, what is left behind. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { silentLog } from '@crossfade/service/log';
import { Registry } from 'prom-client';
import { createMediaServer } from '../../../media-server/src/app.ts';
import { startOwnTime } from '../own-time.ts';
import { startHarness, testConfig } from './harness.ts';

/** What engine.io's WebSocket has below it. */
interface WebSocketOfWs {
  _socket: Socket;
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const create = (settings: Record<string, string>) =>
  createMediaServer({ config: testConfig(settings), log: silentLog, registry: new Registry() });

/** Two neighbouring ports, the first of them free. */
async function occupySecondOfTwoPorts(): Promise<{ port: number; squatter: Server }> {
  for (;;) {
    const first = createServer().listen(0, '127.0.0.1');
    await once(first, 'listening');
    const port = (first.address() as AddressInfo).port + 1;
    const squatter = createServer().listen(port, '127.0.0.1');
    const taken = await once(squatter, 'listening').catch(() => undefined);
    first.close();
    if (taken) return { port, squatter };
  }
}

describe('starting', () => {
  it('leaves signals to the process, not to the workers', async () => {
    const before = [process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')];
    const mediaServer = await create({ MEDIASOUP_WORKERS: '2' });
    expect([process.listenerCount('SIGTERM'), process.listenerCount('SIGINT')]).toEqual(before);
    await mediaServer.close();
  });

  it.each(['/no/such/program', '/bin/false', '/bin/true', '/etc/hostname'])(
    'with %s as worker fails in one sentence',
    async (MEDIASOUP_WORKER_BIN) => {
      await expect(create({ MEDIASOUP_WORKER_BIN })).rejects.toMatchObject({
        name: 'SettingError',
        message: 'Setting MEDIASOUP_WORKER_BIN names a program that does not start as a mediasoup worker.',
      });
    },
  );

  it('on an address that is not of this machine fails in one sentence', async () => {
    await expect(create({ MEDIASOUP_LISTEN_IP: '203.0.113.7' })).rejects.toMatchObject({
      name: 'SettingError',
      message: 'Setting MEDIASOUP_LISTEN_IP cannot be used: 203.0.113.7 is not an address of this machine.',
    });
  });

  it('on a media port that is taken fails in one sentence, and ends the workers that did start', async () => {
    const { port, squatter } = await occupySecondOfTwoPorts();
    const settings = { MEDIASOUP_WORKERS: '2', RTC_BASE_PORT: String(port - 1) };
    await expect(create(settings)).rejects.toMatchObject({
      name: 'SettingError',
      message: `Setting RTC_BASE_PORT cannot be used: a worker cannot listen on 127.0.0.1:${port}, UDP and TCP.`,
    });
    squatter.close();
    // The port of the first worker is free again.
    await (await create({ RTC_BASE_PORT: String(port - 1) })).close();
  });
});

describe('stopping', () => {
  it('closes the rooms, tells the readers, ends the workers, at once', async () => {
    const harness = await startHarness({ MEDIASOUP_WORKERS: '2' });
    await harness.createRoom('last');
    const { id } = await harness.createTransport('last', 'ann', 'send');
    for (let count = 0; count < 50; count += 1) await harness.produce('last', id);
    const reader = await harness.feed();
    await reader.join({ roomId: 'last' });
    const disconnected = new Promise((resolve) => reader.socket.once('disconnect', resolve));
    const pids = (await harness.workers()).map(({ pid }) => pid);
    expect(pids.every(isAlive)).toBe(true);

    const took = startOwnTime();
    const stopped = harness.mediaServer.close();
    expect(harness.mediaServer.close()).toBe(stopped);
    await stopped;
    expect(took()).toBeLessThan(1_500);
    expect(pids.some(isAlive)).toBe(false);
    expect(harness.mediaServer.server.listening).toBe(false);

    expect(await reader.event('room-closed')).toMatchObject({ reason: 'shutting-down', seq: 101 });
    expect(reader.events).toHaveLength(51);
    // Not "io server disconnect", after which clients do not come back.
    expect(await disconnected).toBe('transport close');
    reader.close();
  });

  it('does not wait for a reader that does not read', async () => {
    const harness = await startHarness();
    const reader = await harness.feed();
    const { transport } = reader.socket.io.engine as unknown as { transport: { ws: WebSocketOfWs } };
    transport.ws._socket.pause();
    const took = startOwnTime();
    await harness.mediaServer.close();
    expect(took()).toBeLessThan(1_500);
    transport.ws._socket.destroy();
    await harness.close();
  });

  it('ends a worker that stands still, too', async () => {
    const harness = await startHarness();
    const pids = (await harness.workers()).map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    await harness.close();
    expect(pids.some(isAlive)).toBe(false);
  });

  it('works before anything listened', async () => {
    const mediaServer = await create({});
    await mediaServer.close();
    expect(mediaServer.server.listening).toBe(false);
  });
});
