import * as fs from 'node:fs';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { runCommand } from '../run-command.mjs';
import { downloadWorker, prebuiltUrl } from './download-worker.mjs';

const mediasoup = { folder: '/x', version: '3.27.1', releases: 'https://example.org/releases/download' };

test('the address of a prebuilt worker', () => {
  const linux = { platform: 'linux', arch: 'x64', release: '6.1.0-31-amd64' };
  expect(prebuiltUrl(mediasoup, {}, linux)).toBe(
    'https://example.org/releases/download/3.27.1/mediasoup-worker-3.27.1-linux-x64-kernel6.tgz',
  );
  const mac = { platform: 'darwin', arch: 'arm64', release: '24.1.0' };
  expect(prebuiltUrl(mediasoup, { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'http://mirror' }, mac)).toBe(
    'http://mirror/3.27.1/mediasoup-worker-3.27.1-darwin-arm64.tgz',
  );
});

describe('downloading', () => {
  let folder = '';
  let target = '';
  /** @type {http.Server | undefined} */
  let server;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(tmpdir(), 'crossfade-download-'));
    fs.mkdirSync(path.join(folder, 'cache'));
    target = path.join(folder, 'cache', 'mediasoup-worker');
  });

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    fs.rmSync(folder, { recursive: true });
  });

  /**
   * @param {number} status
   * @param {Buffer} body
   * @returns {Promise<string>}
   */
  function serve(status, body) {
    return new Promise((resolve) => {
      const listening = http.createServer((_request, response) => response.writeHead(status).end(body));
      listening.listen(0, '127.0.0.1', () => {
        const { port } = /** @type {import('node:net').AddressInfo} */ (listening.address());
        resolve(`http://127.0.0.1:${port}/worker.tgz`);
      });
      server = listening;
    });
  }

  /** @param {string} script */
  async function archiveOf(script) {
    fs.writeFileSync(path.join(folder, 'mediasoup-worker'), script);
    await runCommand('tar', ['-czf', path.join(folder, 'worker.tgz'), '-C', folder, 'mediasoup-worker']);
    return fs.readFileSync(path.join(folder, 'worker.tgz'));
  }

  test('a worker that runs is put in place', async () => {
    const url = await serve(200, await archiveOf('#!/bin/sh\nexit 41\n'));

    expect(await downloadWorker(url, target)).toBeUndefined();
    expect(fs.readdirSync(path.dirname(target))).toEqual(['mediasoup-worker']);
  });

  test('one that does not run is not', async () => {
    const url = await serve(200, await archiveOf('#!/bin/sh\nexit 1\n'));

    expect(await downloadWorker(url, target)).toBe('the downloaded worker does not run on this system');
    expect(fs.readdirSync(path.dirname(target))).toEqual([]);
  });

  test('none for this system, an error page, half a file', async () => {
    expect(await downloadWorker(await serve(404, Buffer.alloc(0)), target)).toBe(
      'upstream has none for this system',
    );
    server?.close();
    expect(await downloadWorker(await serve(502, Buffer.alloc(0)), target)).toMatch(
      /answered with status 502$/,
    );
    server?.close();
    const archive = await archiveOf('#!/bin/sh\nexit 41\n');
    expect(await downloadWorker(await serve(200, archive.subarray(0, 60)), target)).toBe(
      'the archive cannot be unpacked',
    );
    expect(fs.existsSync(target)).toBe(false);
  });

  test('without a network it is over soon', async () => {
    const startedAt = Date.now();

    expect(await downloadWorker('http://127.0.0.1:1/worker.tgz', target)).toMatch(
      /^127.0.0.1:1 cannot be reached/,
    );
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});
