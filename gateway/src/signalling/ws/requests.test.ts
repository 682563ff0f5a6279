import { expect, test } from '@jest/globals';
import { CodedError, type ErrorCode } from '@crossfade/shared/errors';
import { PttRequests, type Ask } from './requests.ts';

const rtpCapabilities = { codecs: [] };
const consumer = (id: string) => ({ id: `c-${id}`, producerId: id });

/** @param gone the consumers that cannot be resumed, and why */
function requests(gone: Record<string, ErrorCode>, admit: () => Promise<void> = () => Promise.resolve()) {
  const ask = ((
    name: string,
    request: { producerIds?: string[]; producerId?: string; consumerId?: string },
  ) => {
    if (name === 'media:consume') {
      const { producerIds, producerId = '' } = request;
      return Promise.resolve(
        producerIds ? { consumers: producerIds.map(consumer), refused: [] } : consumer(producerId),
      );
    }
    const code = gone[request.consumerId ?? ''];
    return code ? Promise.reject(new CodedError(code)) : Promise.resolve({});
  }) as unknown as Ask;
  const room = { epoch: 3, server: 's', rtpCapabilities };
  const channels = { stateOf: () => ({}) as never, roomOf: () => room as never };
  return new PttRequests(ask, admit, channels, () => true);
}
const over = { channelId: 'c', transportId: 't', rtpCapabilities };

test('of a list the others flow when one has gone meanwhile, and it is named', async () => {
  const answer = await requests({ 'c-b': 'consumer-not-found' }).answer('consume', {
    ...over,
    producerIds: ['a', 'b', 'd'],
  });
  expect(answer.data).toEqual({
    consumers: [consumer('a'), consumer('d')],
    refused: [{ producerId: 'b', code: 'consumer-not-found' }],
  });
});

test('one that has gone meanwhile is refused', async () => {
  const gone = requests({ 'c-b': 'consumer-not-found' });
  await expect(gone.answer('consume', { ...over, producerId: 'b' })).rejects.toMatchObject({
    code: 'consumer-not-found',
  });
  expect((await gone.answer('consume', { ...over, producerId: 'a' })).data).toEqual(consumer('a'));
});

test('what is answered without the core is counted all the same', async () => {
  const limited = requests({}, () => Promise.reject(new CodedError('rate-limited')));
  for (const name of ['channel_state', 'get_router_capabilities'] as const)
    await expect(limited.answer(name, { channelId: 'c' })).rejects.toMatchObject({ code: 'rate-limited' });
});
