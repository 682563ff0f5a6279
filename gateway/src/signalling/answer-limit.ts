/** The longest that a request may wait for its answer. */
import { CodedError } from '@crossfade/shared/errors';
import { ACK_TIMEOUT_MS } from '@crossfade/shared/signalling';

/** Leaves time for the answer to travel within the client's own limit. */
const ANSWER_LIMIT_MS = ACK_TIMEOUT_MS - 200;

/** @throws CodedError `timeout`, and whatever the work does */
export async function withinAnswerLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new CodedError('timeout')), ANSWER_LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
