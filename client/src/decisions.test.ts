import { afterEach, expect, jest, test } from '@jest/globals';
import { readDecisions } from './decisions.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A gateway that answers like this. */
function gatewayThat(answer: () => Promise<Response>) {
  return jest.spyOn(globalThis, 'fetch').mockImplementation(answer);
}
const json = (status: number, body: unknown) => () =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));
const read = () => readDecisions('https://calls.example', 'secret', 'a:b');

const decision = {
  at: '2026-01-01T00:00:00.000Z',
  epoch: 2,
  phase: 'p2p',
  target: 'sfu',
  rule: 'above-limit',
  inputs: { participants: 3, path: null },
};

test('asks as the user, and gives what was decided', async () => {
  const asked = gatewayThat(json(200, { callId: 'a:b', decisions: [decision] }));
  await expect(read()).resolves.toEqual([decision]);
  const [address, options] = asked.mock.calls[0] ?? [];
  expect(address).toEqual(new URL('https://calls.example/api/calls/a%3Ab/decisions'));
  expect(options?.headers).toEqual({ authorization: 'Bearer secret' });
});

test('a refusal has the code of the gateway', async () => {
  gatewayThat(json(404, { code: 'call-not-found' }));
  await expect(read()).rejects.toMatchObject({ code: 'call-not-found' });
});

test('what makes no sense is no answer, and no answer is a timeout', async () => {
  gatewayThat(json(200, { decisions: 'many' }));
  await expect(read()).rejects.toMatchObject({ code: 'internal' });
  gatewayThat(() => Promise.reject(new TypeError('no network')));
  await expect(read()).rejects.toMatchObject({ code: 'timeout' });
});
