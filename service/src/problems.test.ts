import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { problemSchema, type Problem } from '@crossfade/shared/errors';
import { answerFaults } from './problems.ts';

let server: Server;
beforeAll(async () => {
  const limits = { maxHeaderSize: 1_000, headersTimeout: 50, connectionsCheckingInterval: 20 };
  server = createServer(limits, (_request, response) => response.write('begun'));
  answerFaults(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** All that comes back, until the server closes the connection. */
async function ask(...pieces: string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const answer = text(socket);
  for (const piece of pieces) {
    socket.write(piece);
    if (piece !== pieces.at(-1)) await once(socket, 'readable');
  }
  return answer;
}

test.each([
  ['what is no HTTP', 'hello\r\n\r\n', 400, 'malformed-request'],
  [
    'too many headers',
    `GET / HTTP/1.1\r\nHost: x\r\nx: ${'x'.repeat(2_000)}\r\n\r\n`,
    431,
    'headers-too-large',
  ],
  ['headers that do not end', 'GET / HTTP/1.1\r\nHost: x\r\n', 408, 'request-timeout'],
  [
    'an expectation',
    'POST / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nExpect: miracles\r\n\r\n',
    417,
    'expectation-failed',
  ],
])('%s is answered with a problem document', async (_what, sent, status, code) => {
  const [head = '', body = ''] = (await ask(sent)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${String(status)} `));
  expect(head).toMatch(/^Content-Type: application\/problem\+json/im);
  expect(head).toMatch(/^Connection: close/im);
  const problem: Problem = problemSchema.parse(JSON.parse(/\{.*\}/.exec(body)?.[0] ?? ''));
  expect(problem).toMatchObject({ status, code });
  expect(head).toContain(`X-Request-Id: ${problem.requestId}`);
  if (sent.includes('mine')) expect(problem.requestId).toBe('mine');
});

test('an answer that has begun is not followed by another', async () => {
  const answer = await ask('GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'hello\r\n\r\n').catch(String);
  expect(answer).not.toContain('malformed-request');
});
