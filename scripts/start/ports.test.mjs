import * as dgram from 'node:dgram';
import * as net from 'node:net';

import { afterEach, describe, expect, test } from '@jest/globals';

import { readStartSettings } from './environment.mjs';
import { checkPorts, findClash, neededPorts, portProblem, tryPort } from './ports.mjs';

const machine = { projectRoot: '/project', cores: 2 };
/** @type {(() => void)[]} */
const cleanups = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** @returns {Promise<number>} */
function occupyTcp() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      cleanups.push(() => server.close());
      resolve(/** @type {net.AddressInfo} */ (server.address()).port);
    });
  });
}

/** @returns {Promise<number>} */
function occupyUdp() {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      cleanups.push(() => socket.close());
      resolve(socket.address().port);
    });
  });
}

describe('the ports that are needed', () => {
  test('two services, their metrics, and UDP and TCP for each worker', () => {
    const ports = neededPorts(readStartSettings({}, machine)).map(
      ({ port, protocol }) => `${protocol} ${port}`,
    );

    expect(ports).toEqual([
      'TCP 3000',
      'TCP 4000',
      'TCP 9465',
      'TCP 9464',
      'UDP 44400',
      'TCP 44400',
      'UDP 44401',
      'TCP 44401',
    ]);
  });

  test('none for metrics that are off', () => {
    const ports = neededPorts(readStartSettings({ METRICS_PORT: '0' }, machine));

    expect(ports.map(({ setting }) => setting)).not.toContain('GATEWAY_METRICS_PORT');
  });

  test('two settings that ask for the same', () => {
    expect(findClash(neededPorts(readStartSettings({ PORT: '4000' }, machine)))).toBe(
      'PORT and MEDIA_SERVER_PORT both ask for port 4000: give one of them another.',
    );
    expect(findClash(neededPorts(readStartSettings({}, machine)))).toBeUndefined();
  });

  test('no room above the base port', () => {
    expect(findClash(neededPorts(readStartSettings({ RTC_BASE_PORT: '65535' }, machine)))).toContain(
      'RTC_BASE_PORT leaves no room',
    );
  });
});

describe('what to do about a port', () => {
  const web = /** @type {const} */ ({ port: 3000, host: '127.0.0.1', protocol: 'TCP', setting: 'PORT' });
  const media = /** @type {const} */ ({
    port: 44400,
    host: '127.0.0.1',
    protocol: 'UDP',
    setting: 'RTC_BASE_PORT',
  });

  test('that is in use', () => {
    const inUse = /** @type {const} */ ('EADDRINUSE');
    const [webInUse, mediaInUse] = [
      { needed: web, code: inUse, free: 3001 },
      { needed: media, code: inUse, free: 44500 },
    ];
    expect(portProblem([webInUse], { command: 'npm start' })).toBe(
      'Port 3000 is in use: stop the other program or run `PORT=3001 npm start`.',
    );
    expect(portProblem([mediaInUse], { command: 'npm start -- --lan' })).toBe(
      'Port 44400 (UDP) is in use: stop the other program or run `RTC_BASE_PORT=44500 npm start -- --lan`.',
    );
    expect(
      portProblem([webInUse, mediaInUse], { command: 'npm start', given: { DATA_DIR: 'x', PORT: '3000' } }),
    ).toBe(
      'Ports 3000, 44400 (UDP) are in use: stop the other programs or run `DATA_DIR=x PORT=3001 RTC_BASE_PORT=44500 npm start`.',
    );
  });

  test('that another Crossfade uses, with its data folder', () => {
    const inUse = { needed: web, code: 'EADDRINUSE', free: 3001 };
    expect(
      portProblem([inUse], { command: 'npm start', given: { DATA_DIR: '.data' }, dataDir: '.data-2' }),
    ).toBe('Port 3000 is in use: stop the other program or run `DATA_DIR=.data-2 PORT=3001 npm start`.');
  });

  test('that needs privileges, or an address that is not here', () => {
    const reserved = { needed: { ...web, port: 80 }, code: 'EACCES', free: 3000 };
    expect(portProblem([reserved], { command: 'npm start' })).toBe(
      'Port 80 is reserved for the system: run `PORT=3000 npm start`.',
    );
    expect(portProblem([{ needed: web, code: 'EADDRNOTAVAIL' }], { command: 'npm start' })).toBe(
      '127.0.0.1 is not an address of this machine: correct or unset HOST.',
    );
  });
});

describe('trying a port', () => {
  test('TCP and UDP, free and in use', async () => {
    const tcp = await occupyTcp();
    const udp = await occupyUdp();
    const common = { host: '127.0.0.1', setting: 'PORT' };

    expect(await tryPort({ ...common, port: tcp, protocol: 'TCP' })).toBe('EADDRINUSE');
    expect(await tryPort({ ...common, port: udp, protocol: 'UDP' })).toBe('EADDRINUSE');
    for (const cleanup of cleanups.splice(0)) cleanup();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await tryPort({ ...common, port: tcp, protocol: 'TCP' })).toBeUndefined();
    expect(await tryPort({ ...common, port: udp, protocol: 'UDP' })).toBeUndefined();
  });

  test('no port is proposed twice', async () => {
    const port = await occupyTcp();
    const next = await new Promise((resolve) => {
      const server = net.createServer().listen(port + 1, '127.0.0.1', () => resolve(port + 1));
      // Whoever has it: it is not free.
      server.once('error', () => resolve(port + 1));
      cleanups.push(() => server.close());
    });
    const common = /** @type {const} */ ({ host: '127.0.0.1', protocol: 'TCP' });
    const ports = [
      { ...common, port: next, setting: 'GATEWAY_METRICS_PORT' },
      { ...common, port, setting: 'MEDIA_SERVER_METRICS_PORT' },
    ];
    const failure = String(await checkPorts(ports, { command: 'npm start' }).catch((error) => error.message));
    const [, first, second] =
      /`GATEWAY_METRICS_PORT=(\d+) MEDIA_SERVER_METRICS_PORT=(\d+) npm start`/.exec(failure) ?? [];
    expect(Number(first)).toBeGreaterThan(next);
    expect(Number(second)).toBeGreaterThan(next);
    expect(second).not.toBe(first);
  });

  test('the advice names a port that is free', async () => {
    const port = await occupyTcp();
    const failure = await checkPorts([{ port, host: '127.0.0.1', protocol: 'TCP', setting: 'PORT' }], {
      command: 'npm start',
    }).catch((/** @type {Error} */ error) => error.message);

    expect(failure).toMatch(/^Port \d+ is in use: stop the other program or run `PORT=\d+ npm start`\.$/);
    const advised = Number(/PORT=(\d+)/.exec(String(failure))?.[1]);
    expect(advised).toBeGreaterThan(port);
    expect(
      await tryPort({ port: advised, host: '127.0.0.1', protocol: 'TCP', setting: 'PORT' }),
    ).toBeUndefined();
  });
});
