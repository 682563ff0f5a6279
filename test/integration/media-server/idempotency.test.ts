/** The same `Idempotency-Key`: carried out once, answered as often as asked. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { signServiceToken } from '@crossfade/service/tokens';
import { Agent, request as ask } from 'undici';
import { KEY, serviceToken, startHarness, type Harness } from './harness.ts';
import { expectProblem } from './problems.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ MAX_TRANSPORTS_PER_PARTICIPANT: '2' });
  await harness.createRoom('room');
});
afterAll(() => harness.close());

const transport = (key: string, participantId: string, headers: Record<string, string> = {}) =>
  harness.post(
    '/rooms/room/transports',
    { participantId, direction: 'send' },
    { 'idempotency-key': key, ...headers },
  );
const transportsOf = async (participantId: string) =>
  (await harness.snapshot('room')).participants.find((one) => one.participantId === participantId)?.transports
    .length ?? 0;

it('gives the same answer, and says so', async () => {
  const first = await transport('a', 'ann');
  const second = await transport('a', 'ann');
  expect([first.status, second.status, second.body]).toEqual([201, 201, first.body]);
  expect([first, second].map(({ headers }) => headers['idempotent-replayed'] as unknown)).toEqual([
    undefined,
    'true',
  ]);
  expect(second.headers['content-type']).toBe(first.headers['content-type']);
  expect(second.headers['x-request-id']).not.toBe(first.headers['x-request-id']);
  expect(await transportsOf('ann')).toBe(1);
});

it('lets simultaneous ones wait for the first', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => transport('b', 'ben')));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await transportsOf('ben')).toBe(1);
});

it('is refused with anything else', async () => {
  await transport('c', 'cat');
  expectProblem(await transport('c', 'dan'), 'idempotency-key-reused');
  expectProblem(
    await harness.post('/rooms/room/consume', {}, { 'idempotency-key': 'c' }),
    'idempotency-key-reused',
  );
  // On behalf of somebody else it is another request, too.
  expectProblem(await transport('c', 'cat', { 'x-participant-id': 'cat' }), 'idempotency-key-reused');
  expect(await transportsOf('dan')).toBe(0);
});

it.each([
  ['epoch', { 'x-room-epoch': '1' }, { 'x-room-epoch': '0' }],
  ['epoch, if it named none', {}, { 'x-room-epoch': '0' }],
  ['grants', { 'x-participant-grants': 'publish' }, { 'x-participant-grants': '' }],
])('is refused with another %s: that might be refused by now', async (what, first, second) => {
  const key = `bound-${what.replaceAll(/\W/g, '-')}`;
  expect((await transport(key, key, first)).status).toBe(201);
  expect((await transport(key, key, first)).status).toBe(201);
  expectProblem(await transport(key, key, second), 'idempotency-key-reused');
});

it('tells null from no body', async () => {
  const post = (body?: string) =>
    ask(`${harness.url}/api/rooms/room/create`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${serviceToken()}`,
        'content-type': 'application/json',
        'idempotency-key': 'null',
      },
      ...(body !== undefined && { body }),
    });
  const answers = [await post(), await post('null')];
  await Promise.all(answers.map(({ body }) => body.dump()));
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 422]);
});

it('is each service’s own', async () => {
  const other = `Bearer ${signServiceToken(KEY, { subject: 'other', lifetimeS: 60 })}`;
  const first = await transport('d', 'eve');
  const second = await transport('d', 'eve', { authorization: other });
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body).not.toEqual(first.body);
});

it('keeps refusals, but not those that time may change', async () => {
  const headers = { 'idempotency-key': 'e' };
  const missing = await harness.post('/rooms/later/participants/ann/leave', {}, headers);
  expectProblem(missing, 'room-not-found');
  await harness.createRoom('later');
  const again = await harness.post('/rooms/later/participants/ann/leave', {}, headers);
  expect(again.text).toBe(missing.text);

  for (const _of of [1, 2]) await transport(`${String(_of)} f`.replace(' ', '-'), 'fay');
  expectProblem(await transport('f', 'fay'), 'quota-exceeded');
  await harness.post('/rooms/room/participants/fay/leave');
  expect((await transport('f', 'fay')).status).toBe(201);
});

it.each(['', 'a b', 'x'.repeat(256), 'ä'])('must be visible ASCII: %j', async (key) => {
  const { statusCode, body } = await ask(`${harness.url}/api/rooms/room/transports`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${serviceToken()}`,
      'content-type': 'application/json',
      'idempotency-key': Buffer.from(key).toString('latin1'),
    },
    body: '{}',
  });
  expect([statusCode, ((await body.json()) as { code: string }).code]).toEqual([422, 'validation-failed']);
});

it('500 whose answers were lost are there once each', async () => {
  const agent = new Agent({ connections: 16 });
  const create = (index: number, signal?: AbortSignal) =>
    ask(`${harness.url}/api/rooms/lost-${String(index)}/create`, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        authorization: `Bearer ${serviceToken()}`,
        'content-type': 'application/json',
        'idempotency-key': `lost-${String(index)}`,
      },
      body: '{"epoch":3}',
      ...(signal && { signal }),
    });
  const answers = new Map<number, string>();
  const indexes = Array.from({ length: 500 }, (_, index) => index);
  // The connection goes away at any moment: before the request is read, while it is carried out, while it is answered.
  await Promise.all(
    indexes.map(async (index) => {
      const gone = AbortSignal.timeout(index % 40);
      try {
        const { statusCode, body } = await create(index, gone);
        const text = await body.text();
        expect(statusCode).toBe(201);
        answers.set(index, text);
      } catch {
        // Lost.
      }
    }),
  );
  expect(answers.size).toBeLessThan(500);
  for (const index of indexes) {
    const { statusCode, body } = await create(index);
    const text = await body.text();
    // 201 for each: 200 would mean that it had been carried out a second time.
    expect(statusCode).toBe(201);
    expect(answers.get(index) ?? text).toBe(text);
  }
  await agent.close();
});
