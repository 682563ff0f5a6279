/**
 * Asking a media worker: no request waits for ever, and what mediasoup throws becomes an error of the catalogue. A
 * worker that was stopped (SIGSTOP) neither answers nor dies, so every request has a limit.
 */
import { CodedError } from '@crossfade/shared/errors';
import { errors } from 'mediasoup';

/** Milliseconds a worker may take, so that the whole HTTP request stays under 5 s. */
const ANSWER_LIMIT_MS = 4_000;

/** Milliseconds between two looks at what is waited for: a timer for each request would cost more than some requests do. */
const LOOK_INTERVAL_MS = 100;

interface Waiting {
  readonly until: number;
  readonly giveUp: () => void;
}

const waiting = new Set<Waiting>();
let looking = false;

/**
 * @param discard undoes an answer that came after the limit, so that nothing is left half-made
 * @throws CodedError `timeout`, or `no-capacity` if the worker died meanwhile; else what the request threw
 */
export function ask<T>(
  request: Promise<T>,
  discard: (late: T) => void = () => undefined,
  limitMs = ANSWER_LIMIT_MS,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      // False if the answer came meanwhile.
      if (waiting.delete(one)) reject(new CodedError('timeout', 'The media worker did not answer in time.'));
    };
    const one: Waiting = { until: performance.now() + limitMs, giveUp };
    waiting.add(one);
    keepLooking();
    request.then(
      (answer) => {
        if (waiting.delete(one)) resolve(answer);
        else discard(answer);
      },
      (cause: unknown) => {
        if (!waiting.delete(one)) return;
        reject(cause instanceof errors.WorkerClosedError ? workerGone(cause) : (cause as Error));
      },
    );
  });
}

function keepLooking(): void {
  if (looking) return;
  looking = true;
  setTimeout(() => {
    looking = false;
    const now = performance.now();
    for (const { until, giveUp } of waiting) {
      // If it was this process that stood still, the answer may lie there unread: read before giving up.
      if (now >= until) setImmediate(giveUp);
    }
    if (waiting.size > 0) keepLooking();
  }, LOOK_INTERVAL_MS);
}

function workerGone(cause: unknown): CodedError {
  return new CodedError('no-capacity', 'The media worker has gone; ask again.', { cause });
}

/**
 * Runs what hands the caller's media parameters to mediasoup. Schemas have checked them, but mediasoup and its worker
 * know more (a codec the room lacks, an SSRC already taken): whatever they throw is the caller's to mend.
 * @throws CodedError `invalid-media-parameters` for everything that has no code yet
 */
export async function checkedByMediasoup<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('invalid-media-parameters', reasonOf(cause), { cause });
  }
}

/** What mediasoup says is of the caller's parameters; what the JavaScript engine says is not for the caller. */
function reasonOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || cause.message.startsWith('Cannot ')) return undefined;
  return cause.message.slice(0, 200);
}
