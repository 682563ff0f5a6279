import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { readDecisions } from './decisions.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A gateway that answers everything like this. */
async function gatewayThat(status: number, body: unknown) {
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];
  const server = createServer(({ url, headers }, response) => {
    asked.push({ url, authorization: headers.authorization });
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked };
}

const decision = {
  at: '2026-01-01T00:00:00.000Z',
  epoch: 2,
  phase: 'p2p',
  target: 'sfu',
  rule: 'above-limit',
  inputs: { participants: 3, path: null },
};

test('asks as the user, and gives what was decided', async () => {
  const { url, asked } = await gatewayThat(200, { callId: 'a:b', decisions: [decision] });
  await expect(readDecisions(url, 'secret', 'a:b')).resolves.toEqual([decision]);
  expect(asked).toEqual([{ url: '/api/calls/a%3Ab/decisions', authorization: 'Bearer secret' }]);
});

test('a refusal has the code of the gateway', async () => {
  const { url } = await gatewayThat(404, { code: 'call-not-found' });
  await expect(readDecisions(url, 't', 'a')).rejects.toMatchObject({ code: 'call-not-found' });
});

test('what makes no sense is no answer, and no answer is a timeout', async () => {
  const { url } = await gatewayThat(200, { decisions: 'many' });
  await expect(readDecisions(url, 't', 'a')).rejects.toMatchObject({ code: 'internal' });
  await expect(readDecisions('http://127.0.0.1:9', 't', 'a')).rejects.toMatchObject({ code: 'timeout' });
});
