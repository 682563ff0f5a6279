/** Which of two producers of one thing is received. Pure. */
import type { ProducerInfo } from '@crossfade/shared/media-api';

type Made = Pick<ProducerInfo, 'producerId' | 'participantId' | 'source'>;

/**
 * Whether what its participant made in its place is received already: whose path was lost builds another one, and the media
 * server may not have noticed yet that nothing comes over the first.
 * @param known everything there is to receive, in the order it was made
 */
export function isReplaced(
  { producerId, participantId, source }: Made,
  known: readonly Made[],
  isReceived: (producerId: string) => boolean,
): boolean {
  const made = known.findIndex((other) => other.producerId === producerId);
  return known
    .slice(made + 1)
    .some(
      (other) =>
        other.participantId === participantId && other.source === source && isReceived(other.producerId),
    );
}
