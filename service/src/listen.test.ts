import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import { closeServer, listen, urlHost } from './listen.ts';

test.each([
  ['', 'HOST'],
  ['METRICS_', 'METRICS_HOST'],
] as const)('an address of another machine is blamed on %sHOST', async (prefix, setting) => {
  // TEST-NET-1 (RFC 5737): nobody's.
  await expect(listen(createServer(), { host: '192.0.2.1', port: 0 }, prefix)).rejects.toThrow(
    `Setting ${setting} cannot be used: 192.0.2.1 is no address of this machine (EADDRNOTAVAIL).`,
  );
});

test('a port that is in use is blamed on the port, and named with its address', async () => {
  const first = createServer();
  const port = await listen(first, { host: '127.0.0.1', port: 0 });
  await expect(listen(createServer(), { host: '127.0.0.1', port }, 'METRICS_')).rejects.toThrow(
    `Setting METRICS_PORT cannot be used: another program already listens on 127.0.0.1:${String(port)}; stop it or choose another port.`,
  );
  await closeServer(first);
});

test.each([
  ['::1', '[::1]'],
  ['127.0.0.1', '127.0.0.1'],
  ['calls.example', 'calls.example'],
])('%s is %s in a URL', (host, written) => expect(urlHost(host)).toBe(written));
