/**
 * `Idempotency-Key` on every `POST`: the same key with the same request by the same service is answered the same for
 * 24 h, without being carried out again. Kept in this process: after a restart (another `bootId`) nothing is left of
 * what those requests had made either.
 */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { CodedError } from '@crossfade/shared/errors';
import {
  EPOCH_HEADER,
  FENCE_HEADER,
  GRANTS_HEADER,
  IDEMPOTENCY_HEADER,
  IDEMPOTENCY_KEY,
  PARTICIPANT_HEADER,
} from '@crossfade/shared/media-api';
import type { Request, RequestHandler, Response } from 'express';
import { subjectOf } from '../auth/service-auth.ts';
import { Replies, type Reply, type ReplyLimits } from './replies.ts';

const LIMITS: ReplyLimits = {
  entries: 50_000,
  bytes: 64 * 1024 * 1024,
  // The answer to a list of 200 producers is about 600 KB.
  bytesPerReply: 1024 * 1024,
  ageMs: 24 * 3_600_000,
};

/** Milliseconds a request waits for its twin that is under way: no answer takes longer. */
const WAIT_LIMIT_MS = 5_000;

/** Tells a caller that this answer was given before. */
const REPLAYED_HEADER = 'Idempotent-Replayed';

/** Comes after the token has been checked, before the routes. */
export function idempotent(options: { now?: () => number; limits?: ReplyLimits } = {}): RequestHandler {
  const { now = Date.now, limits = LIMITS } = options;
  const replies = new Replies(limits);
  return async (request, response, next) => {
    const given = request.get(IDEMPOTENCY_HEADER);
    if (request.method !== 'POST' || given === undefined) {
      next();
      return;
    }
    const key = `${subjectOf(response)}\n${checked(given)}`;
    const print = fingerprintOf(request);
    for (;;) {
      const claim = replies.claim(key, print, now());
      if (claim.kind === 'other-request') throw new CodedError('idempotency-key-reused');
      if (claim.kind === 'first') {
        whenAnswered(response, (reply) => {
          claim.pending.settle(reply.status < 500 && reply.status !== 429 ? reply : undefined, now());
        });
        next();
        return;
      }
      const reply = await within(claim.reply);
      if (reply) {
        replay(response, reply);
        return;
      }
      // The first attempt failed in a way that may be tried again: this is the next attempt.
    }
  };
}

function checked(key: string): string {
  if (IDEMPOTENCY_KEY.test(key)) return key;
  const message = 'must be 1 to 255 visible ASCII characters';
  throw new CodedError('validation-failed', `${IDEMPOTENCY_HEADER}: ${message}`, {
    errors: [{ path: IDEMPOTENCY_HEADER, message }],
  });
}

/** What a request is bound to besides its body. Under another epoch it might be refused: it is another request. */
const BOUND_TO = [EPOCH_HEADER, FENCE_HEADER, PARTICIPANT_HEADER, GRANTS_HEADER];

/** Everything that makes it the same request: another participant's answer is nobody else's business. */
function fingerprintOf(request: Request): string {
  const body: unknown = request.body;
  return createHash('sha256')
    .update(
      JSON.stringify([
        request.method,
        request.originalUrl,
        BOUND_TO.map((header) => request.get(header) ?? null),
        // `null` is a body, too.
        ...(body === undefined ? [] : [body]),
      ]),
    )
    .digest('base64');
}

async function within(pending: Promise<Reply | undefined>): Promise<Reply | undefined> {
  const waiting = new AbortController();
  const late = setTimeout(WAIT_LIMIT_MS, undefined, { signal: waiting.signal, ref: false }).then(() => {
    throw new CodedError('timeout');
  });
  // Once the answer is there nobody looks at the timer, which then ends with an error of its own.
  late.catch(() => undefined);
  try {
    return await Promise.race([pending, late]);
  } finally {
    waiting.abort();
  }
}

/** Calls back with the answer when it is given, whether or not anybody is there to receive it any more. */
function whenAnswered(response: Response, tell: (reply: Reply) => void): void {
  const end = response.end.bind(response) as (...values: unknown[]) => Response;
  response.end = ((...values: unknown[]) => {
    const [chunk, encoding] = values;
    tell({
      status: response.statusCode,
      contentType: response.get('content-type'),
      body: bytesOf(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'),
    });
    return end(...values);
  }) as Response['end'];
}

function bytesOf(chunk: unknown, encoding: BufferEncoding): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding);
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
}

function replay(response: Response, { status, contentType, body }: Reply): void {
  response.status(status).setHeader(REPLAYED_HEADER, 'true');
  if (contentType !== undefined) response.setHeader('Content-Type', contentType);
  response.end(body);
}
