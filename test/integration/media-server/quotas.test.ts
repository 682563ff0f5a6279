/** More than is allowed: refused with `429`, by participant, room and service; and possible again when there is room. */
import { expect, it } from '@jest/globals';
import type { ConsumeListAnswer } from '@crossfade/shared/media-api';
import { signServiceToken } from '@crossfade/service/tokens';
import type { Response } from 'supertest';
import { KEY, type Harness } from './harness.ts';
import { expectProblem } from './problems.ts';
import { unharmed } from './unharmed.ts';

let harness: Harness;
unharmed(
  (started) => {
    harness = started;
  },
  () => ({
    MAX_TRANSPORTS_PER_PARTICIPANT: '4',
    MAX_PRODUCERS_PER_PARTICIPANT: '3',
    MAX_CONSUMERS_PER_PARTICIPANT: '2',
    MAX_PARTICIPANTS_PER_ROOM: '3',
    MAX_ROOMS: '60',
    MAX_NEW_ROOMS_PER_SECOND: '30',
  }),
);

function expectRefused(response: Response, code: 'quota-exceeded' | 'rate-limited'): void {
  expectProblem(response, code);
  expect(response.headers['retry-after']).toBe(code === 'rate-limited' ? '1' : '30');
}
const times = <T>(count: number, ask: () => Promise<T>) => Promise.all(Array.from({ length: count }, ask));
const statuses = (answers: Response[]) => answers.map(({ status }) => status).sort();

it('transports of a participant, however they are asked for', async () => {
  await harness.createRoom('transports');
  const body = { participantId: 'ann', direction: 'send' };
  const answers = await times(10, () => harness.post('/rooms/transports/transports', body));
  expect(statuses(answers)).toEqual([...times4(201), ...Array.from({ length: 6 }, () => 429)]);
  const refused = answers.find(({ status }) => status === 429);
  if (refused) expectRefused(refused, 'quota-exceeded');
  await harness.createTransport('transports', 'ben', 'send');
  const [first] = answers.filter(({ status }) => status === 201);
  await harness.delete(`/rooms/transports/transports/${(first?.body as { id: string }).id}`);
  await harness.createTransport('transports', 'ann', 'recv');
});
const times4 = (status: number) => Array.from({ length: 4 }, () => status);

it('producers and consumers of a participant, over all of its transports', async () => {
  const { rtpCapabilities } = await harness.createRoom('media');
  const sends = [
    await harness.createTransport('media', 'ann', 'send'),
    await harness.createTransport('media', 'ann', 'send'),
  ];
  const ids: string[] = [];
  for (const index of [0, 1, 0]) ids.push(await harness.produce('media', sends[index]?.id ?? ''));
  await expect(harness.produce('media', sends[1]?.id ?? '')).rejects.toThrow('429');

  const receive = await harness.createTransport('media', 'ben', 'recv');
  const answer = await harness.post('/rooms/media/consume', {
    transportId: receive.id,
    producerIds: ids,
    rtpCapabilities,
  });
  expect(answer.status).toBe(201);
  const { consumers, refused } = answer.body as ConsumeListAnswer;
  expect(consumers).toHaveLength(2);
  expect(refused).toEqual([{ producerId: ids[2], code: 'quota-exceeded' }]);
  const more = { transportId: receive.id, producerId: ids[2], rtpCapabilities };
  expectRefused(await harness.post('/rooms/media/consume', more), 'quota-exceeded');
  await harness.delete(`/rooms/media/consumers/${consumers[0]?.id ?? ''}`);
  expect((await harness.post('/rooms/media/consume', more)).status).toBe(201);
});

it('participants of a room, whatever its creator asked for', async () => {
  await harness.createRoom('people', { maxParticipants: 100 });
  for (const name of ['ann', 'ben', 'cat']) await harness.createTransport('people', name, 'send');
  const answer = await harness.post('/rooms/people/transports', { participantId: 'dan', direction: 'send' });
  expectProblem(answer, 'room-full');
});

it('new rooms a second, for each service; and rooms altogether', async () => {
  const as = (subject: string) => ({
    authorization: `Bearer ${signServiceToken(KEY, { subject, lifetimeS: 60 })}`,
  });
  let number = 0;
  const create = (subject: string) =>
    harness.post(`/rooms/r-${String((number += 1))}/create`, {}, as(subject));
  const hurried = await times(100, () => create('hurried'));
  const refused = hurried.filter(({ status }) => status === 429);
  // On a slow machine the hundred may take more than a second.
  expect(hurried.length - refused.length).toBeGreaterThanOrEqual(30);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) expectRefused(answer, (answer.body as { code: 'rate-limited' }).code);
  expect(refused.map(({ body }) => (body as { code: string }).code)).toContain('rate-limited');
  expect((await create('patient')).status).toBe(201);
  // What is there already is not new.
  expect((await harness.post('/rooms/people/create', {}, as('hurried'))).status).toBe(200);

  const rest = await times(60, () => create(`other-${String(number)}`));
  expect(statuses(rest)).toContain(429);
  const full = await create('anyone');
  expectRefused(full, 'quota-exceeded');
  await harness.delete('/rooms/people');
  expect((await create('anyone')).status).toBe(201);
});
