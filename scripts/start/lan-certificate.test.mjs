import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { lanCertificate } from './lan-certificate.mjs';

let folder = '';

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crossfade-certificate-'));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

test('it is for all addresses and localhost, and only we can read the key', async () => {
  const { certFile, keyFile } = await lanCertificate({ folder, addresses: ['192.168.1.5', '10.0.0.1'] });
  const certificate = new X509Certificate(fs.readFileSync(certFile));

  expect(certificate.checkIP('192.168.1.5')).toBeDefined();
  expect(certificate.checkIP('10.0.0.1')).toBeDefined();
  expect(certificate.checkIP('127.0.0.1')).toBeDefined();
  expect(certificate.checkHost('localhost')).toBe('localhost');
  expect(certificate.ca).toBe(false);
  expect(fs.statSync(keyFile).mode & 0o777).toBe(0o600);
});

test('it is kept while it fits, because each new one has to be accepted on each phone', async () => {
  const read = async (/** @type {string[]} */ addresses, now = new Date()) => {
    const { certFile } = await lanCertificate({ folder, addresses, now });
    return fs.readFileSync(certFile, 'utf8');
  };
  const first = await read(['192.168.1.5', '10.0.0.1']);

  expect(await read(['192.168.1.5'])).toBe(first);
  const second = await read(['192.168.1.6']);
  expect(second).not.toBe(first);
  const inElevenMonths = new Date(Date.now() + 335 * 24 * 3600 * 1000);
  expect(await read(['192.168.1.6'], inElevenMonths)).toBe(second);
  const inOneYear = new Date(Date.now() + 364 * 24 * 3600 * 1000);
  expect(await read(['192.168.1.6'], inOneYear)).not.toBe(second);
});

test('a damaged one is replaced', async () => {
  const { certFile, keyFile } = await lanCertificate({ folder, addresses: ['192.168.1.5'] });
  fs.writeFileSync(keyFile, 'not a key');
  await lanCertificate({ folder, addresses: ['192.168.1.5'] });

  expect(new X509Certificate(fs.readFileSync(certFile)).checkIP('192.168.1.5')).toBeDefined();
  expect(fs.readFileSync(keyFile, 'utf8')).toContain('PRIVATE KEY');
  expect(fs.statSync(keyFile).mode & 0o777).toBe(0o600);
});
