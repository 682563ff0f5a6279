/** Consuming several producers at once: those that can be are, the others are told with a reason. */
import { CodedError } from '@crossfade/shared/errors';
import type { ConsumeListAnswer, ConsumerAnswer } from '@crossfade/shared/media-api';

/**
 * @param consume makes one consumer; all are made in parallel
 * @throws what `consume` throws without a code
 */
export async function consumeList(
  producerIds: readonly string[],
  consume: (producerId: string) => Promise<ConsumerAnswer>,
): Promise<ConsumeListAnswer> {
  const results = await Promise.all(
    [...new Set(producerIds)].map(async (producerId) => {
      try {
        return { consumer: await consume(producerId) };
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        return { refused: { producerId, code: error.code } };
      }
    }),
  );
  return {
    consumers: results.flatMap(({ consumer }) => consumer ?? []),
    refused: results.flatMap(({ refused }) => refused ?? []),
  };
}
